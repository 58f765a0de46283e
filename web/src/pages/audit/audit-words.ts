import type { AuditEntry } from './audit-entries.ts';

const actions: Readonly<Record<string, string>> = {
  'sign in': 'signed in',
  'sign out': 'signed out',
  cancel: 'stopped a run or a command',
  init: 'made the archive',
  backup: 'made a backup',
  verify: 'verified the archive',
  drill: 'made a drill',
  forget: 'forgot snapshots',
  prune: 'pruned the archive',
  copy: 'copied snapshots',
  pin: 'pinned a snapshot',
  unpin: 'unpinned a snapshot',
  restore: 'restored a snapshot',
  'roll-back': 'rolled back a restore',
  initialize: 'initialised a replica',
  fetch: 'fetched a snapshot',
  cat: 'read a file of a snapshot',
  'key remove': 'removed a key',
  'entry find': 'looked for entries',
  'entry show': 'looked at an entry',
  'entry history': "looked at an entry's history",
  'entry diff': 'compared entries',
  'entry restore': 'brought entries back',
  'entry revert': 'reverted changes',
  'entry undo': 'undid a change of entries',
};

/** What was done, in words; of what was only planned or tried that it was. What has no words of its own is told as it stands. */
export function actionText({ action, words = [], outcome }: Pick<AuditEntry, 'action' | 'words'> & { readonly outcome?: string }): string {
  if (outcome === 'refused') return `tried: ${action}`;
  if (/^(GET|POST|DELETE|PUT|PATCH|HEAD) /.test(action)) return `asked for ${action}`;
  const job = /^run (.+)$/.exec(action)?.[1];
  if (job !== undefined) return `had a ${job} run`;
  const text = actions[action] ?? action;
  const isOnlyPlanned =
    words.includes('--plan') || ((action === 'forget' || action === 'prune') && words.length > 0 && !words.includes('--yes'));
  return isOnlyPlanned ? `looked at a plan: ${action}` : text;
}

/** What it was done to, and with which words. */
export function subjectText({ action, target, words = [] }: Pick<AuditEntry, 'action' | 'target' | 'words'>): string {
  const line = words.join(' ');
  const rest = line === action ? '' : line.startsWith(`${action} `) ? line.slice(action.length + 1) : line;
  return [target, rest].filter((text) => text !== undefined && text !== '').join(': ');
}

export const outcomeTexts: Readonly<Record<string, { readonly kind: 'good' | 'warn' | 'bad' | 'plain'; readonly text: string }>> = {
  begun: { kind: 'plain', text: 'begun' },
  allowed: { kind: 'good', text: 'done' },
  refused: { kind: 'bad', text: 'refused' },
  failed: { kind: 'bad', text: 'failed' },
  canceled: { kind: 'warn', text: 'stopped' },
};

const ways: Readonly<Record<string, string>> = {
  token: 'with a token',
  session: 'in this console',
  oidc: 'with their account',
  anonymous: 'not signed in',
};

/** `operator, with a token`; of somebody whom nobody knows, nothing. */
export function wayText({ role, via }: AuditEntry['who']): string {
  return [role, via === undefined ? undefined : (ways[via] ?? via)].filter((text) => text !== undefined).join(', ');
}
