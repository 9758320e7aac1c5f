/** The tree of the Spec view as plain values: folders, spec files, sections, claims. */

import type { Claim, Claims, DecisionRow, Progress, Section, SpecFile, SpecFolder } from "./protocol";

interface Base {
  /** The same for the same thing after each refresh, so that what is unfolded stays so. */
  readonly id: string;
  readonly parent: Node | undefined;
}

export interface FolderNode extends Base {
  readonly kind: "folder";
  readonly folder: SpecFolder;
}

export interface SpecNode extends Base {
  readonly kind: "spec";
  readonly spec: SpecFile;
}

export interface SectionNode extends Base {
  readonly kind: "section";
  readonly uri: string;
  readonly section: Section;
}

export interface ClaimNode extends Base {
  readonly kind: "claim";
  readonly claim: Claim;
}

/** How the task list of a document stands. */
export interface ProgressNode extends Base {
  readonly kind: "progress";
  readonly spec: SpecFile;
  readonly progress: Progress;
}

/** What was decided about a document or section. */
export interface DecisionNode extends Base {
  readonly kind: "decision";
  readonly decision: DecisionRow;
}

export type Node = FolderNode | SpecNode | ProgressNode | SectionNode | ClaimNode | DecisionNode;

/** The first level: the folders, or the specs of the only one. */
export function rootNodes(folders: readonly SpecFolder[], brokenOnly: boolean): Node[] {
  const shown = folders.filter((folder) => folder.specs.length > 0 && (!brokenOnly || folder.broken > 0));
  const [only] = folders.length === 1 ? shown : [];
  if (only) return specNodes(only, undefined, brokenOnly);
  return shown.map((folder) => ({ kind: "folder", id: `folder ${folder.uri}`, parent: undefined, folder }));
}

/** The specs of a folder. */
export function specNodes(folder: SpecFolder, parent: Node | undefined, brokenOnly: boolean): Node[] {
  const specs = folder.specs.filter((spec) => !brokenOnly || spec.broken > 0);
  const below = specs.filter((spec) => spec.path.includes("/"));
  const atRoot = specs.filter((spec) => !spec.path.includes("/")); // the README is not to stand behind `.github/`
  return [...atRoot, ...below].map((spec) => ({ kind: "spec", id: `spec ${spec.uri}`, parent, spec }));
}

/** What stands in a document; a title that holds all of it is left out. */
export function documentNodes(content: Claims, parent: SpecNode, brokenOnly: boolean): Node[] {
  const [title, ...others] = content.sections;
  const whole = title?.level === 1 && others.length === 0 && content.claims.length === 0 ? title : content;
  const { spec } = parent;
  const tasks: Node[] = spec.progress
    ? [{ kind: "progress", id: `${parent.id} progress`, parent, spec, progress: spec.progress }]
    : [];
  return [...tasks, ...contentNodes(content.uri, whole, parent, brokenOnly)];
}

/** What stands in a document or section: first its own claims, then its sections. */
export function contentNodes(
  uri: string,
  content: Pick<Claims, "claims" | "sections" | "decisions">,
  parent: Node,
  brokenOnly: boolean,
): Node[] {
  const claims = content.claims.filter((claim) => !brokenOnly || claim.state === "broken");
  const sections = content.sections.filter((section) => !brokenOnly || section.broken > 0);
  const decisions = brokenOnly ? [] : (content.decisions ?? []);
  const name = distinct();
  return [
    ...decisions.map((decision): Node => ({
      kind: "decision",
      id: `${parent.id} ! ${decision.id}`,
      parent,
      decision,
    })),
    ...claims.map((claim): Node => ({
      kind: "claim",
      id: name(`${parent.id} » ${claim.text}`),
      parent,
      claim,
    })),
    ...sections.map((section): Node => ({
      kind: "section",
      id: name(`${parent.id} / ${section.title}`),
      parent,
      uri,
      section,
    })),
  ];
}

/** Gives each text back, and with a number if it was there before. */
function distinct(): (text: string) => string {
  const seen = new Map<string, number>();
  return (text) => {
    const times = (seen.get(text) ?? 0) + 1;
    seen.set(text, times);
    return times === 1 ? text : `${text} #${times}`;
  };
}

/** The node of the innermost section that begins at a line, or the one that it lies in. */
export function sectionAt(
  nodes: readonly Node[],
  line: number,
  inside: (node: Node) => Node[],
): Node | undefined {
  const sections = nodes.filter((node) => node.kind === "section" && node.section.range.start.line <= line);
  const last = sections.at(-1);
  return last ? (sectionAt(inside(last), line, inside) ?? last) : undefined;
}
