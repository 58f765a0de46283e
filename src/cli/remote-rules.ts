import type { Role } from '../agent/http/command-gate.ts';

/** Who may have a command run by an agent, or why nobody may. */
export type RemoteRule = RemotePermission | RemoteRefusal;

export interface RemotePermission {
  readonly role: Role;
  /** Who may see what it would do: with `--plan`, or without `--yes` where it has no `--plan`. Otherwise `role`. */
  readonly planRole?: Role;
  /** Options that need another role, or that an agent never takes: then the reason. */
  readonly options?: Readonly<Record<string, Role | RemoteRefusal>>;
}

export interface RemoteRefusal {
  /** A clause: `it acts on the machine where it is run`. */
  readonly refusal: string;
}

const readsFile: RemoteRefusal = { refusal: "it would read a file of the agent's machine" };
const writesFile: RemoteRefusal = { refusal: "it would write a file on the agent's machine" };
const isLocal: RemoteRefusal = { refusal: 'it is about the machine where it is run' };

/**
 * Each command's rule. Whoever may look sees names, sizes and states; an operator makes and removes backups; what reads entries of the directory, or
 * writes to it, is a restorer's. Nobody points the agent at files of its machine.
 */
export const remoteRules: Readonly<Record<string, RemoteRule>> = {
  init: { role: 'operator' },
  backup: { role: 'operator' },
  archive: { refusal: "it would archive a folder of the agent's machine, whatever is in it" },
  list: { role: 'viewer' },
  show: { role: 'viewer' },
  ls: { role: 'viewer' },
  cat: { role: 'restorer' },
  diff: { role: 'viewer' },
  stats: { role: 'viewer' },
  fetch: { role: 'restorer' },
  // What is compared are entries, and the first of each kind are named.
  restore: { role: 'restorer', planRole: 'operator', options: { compare: 'restorer' } },
  'roll-back': { role: 'restorer', planRole: 'operator' },
  initialize: { role: 'restorer', planRole: 'operator' },
  rebuild: { refusal: 'it makes a server on the machine where it is run' },
  drill: {
    role: 'operator',
    options: {
      installation: { refusal: "it would run programs of the agent's machine" },
      assertions: readsFile,
      // A server with all entries, and nobody who watches it.
      keep: { refusal: "it would leave a server with the directory's entries on the agent's machine" },
    },
  },
  'entry find': { role: 'restorer' },
  'entry show': { role: 'restorer' },
  'entry history': { role: 'restorer' },
  // Its file lies where the changes were made, which was at the agent; whatever is no undo file is refused at its first line.
  'entry undo': { role: 'restorer', options: { undoFile: writesFile } },
  // A plan shows DNs and attribute names of people.
  'entry restore': { role: 'restorer', options: { undoFile: writesFile, planFile: writesFile } },
  'entry revert': { role: 'restorer', options: { undoFile: writesFile, planFile: writesFile } },
  'entry diff': { role: 'restorer', options: { output: writesFile } },
  verify: { role: 'operator' },
  'repair config': { role: 'operator' },
  'repair index': { role: 'operator' },
  'repair packs': { role: 'operator' },
  'repair snapshots': { role: 'operator', options: { from: readsFile } },
  pin: { role: 'operator' },
  unpin: { role: 'operator' },
  forget: { role: 'operator', planRole: 'viewer' },
  prune: { role: 'operator', planRole: 'viewer' },
  copy: { role: 'operator', options: { to: { refusal: 'it would send the backups to another place' }, toPasswordFile: readsFile } },
  'keys report': { role: 'viewer' },
  'key list': { role: 'viewer' },
  'key add': { refusal: 'the new password is in a file of the machine where it is run' },
  'key remove': { role: 'restorer' },
  'key change': { refusal: 'the new password is in a file of the machine where it is run' },
  status: { role: 'viewer' },
  doctor: { role: 'operator' },
  agent: { refusal: 'an agent runs no agents' },
  trigger: { refusal: 'it speaks to the agent itself' },
  runs: { role: 'viewer' },
  // It names people, and whose entries they looked for.
  audit: { role: 'operator' },
  explain: { role: 'viewer' },
  policy: { role: 'viewer' },
  'config show': isLocal,
  'config settings': isLocal,
  'config schema': isLocal,
  completion: isLocal,
  version: { role: 'viewer' },
};

/** The role that a command needs with this input; a refusal where no role suffices. */
export function ruleFor(name: string, input: Readonly<Record<string, unknown>>): Role | RemoteRefusal {
  const rule = Object.hasOwn(remoteRules, name) ? remoteRules[name] : undefined;
  if (rule === undefined) return { refusal: 'nobody has said yet who may' };
  if ('refusal' in rule) return rule;
  for (const [option, own] of Object.entries(rule.options ?? {})) {
    if (isGiven(input[option])) return own;
  }
  return isPlanOnly(input) ? (rule.planRole ?? rule.role) : rule.role;
}

/** Tells whether the input changes nothing: commands with `--plan` do without `--yes` what they would do with it, after a question. */
export function isPlanOnly(input: Readonly<Record<string, unknown>>): boolean {
  return 'plan' in input ? input['plan'] === true : input['yes'] === false;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
}
