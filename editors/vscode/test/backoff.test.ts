import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff, MOST_CRASHES, MOST_FAILED_STARTS } from "../src/backoff";

void test("the pauses double, and then it is given up", () => {
  const backoff = new Backoff();
  const pauses = [0, 1, 2, 3, 4, 5].map((time) => backoff.next(time, MOST_CRASHES));
  assert.deepEqual(pauses, [1000, 2000, 4000, 8000, 16000, undefined]);
});

void test("a server that does not start is given up sooner", () => {
  const backoff = new Backoff();
  const pauses = [0, 1, 2, 3].map((time) => backoff.next(time, MOST_FAILED_STARTS));
  assert.deepEqual(pauses, [1000, 2000, 4000, undefined]);
});

void test("crashes of more than three minutes ago, and those before a reset, do not count", () => {
  const backoff = new Backoff();
  backoff.next(0, MOST_CRASHES);
  assert.equal(backoff.next(180_000, MOST_CRASHES), 1000);
  backoff.reset();
  assert.equal(backoff.next(180_001, MOST_CRASHES), 1000);
});
