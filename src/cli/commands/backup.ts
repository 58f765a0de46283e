import { exitCodes, type Failure } from '../../foundation/failure.ts';
import { formatDuration } from '../../foundation/durations.ts';
import { shortId } from '../../domain/find-snapshot.ts';
import { defineCommand } from '../define-command.ts';
import { failureJson, lockFailureLines } from '../lock-text.ts';
import type { Look } from '../look.ts';
import { countOf, savedText } from '../snapshot-text.ts';

export const backupCommand = defineCommand({
  name: 'backup',
  summary: 'Back up the directory server into the archive',
  description:
    'Has the server write a backup of its backends into the staging folder, checks every file, archives them, and forgets older ' +
    'snapshots by the retention rule of the configuration, if there is one. Without --backend it takes what backup.backends ' +
    'names, otherwise every user backend, the schema and the configuration.\n\n' +
    'It ends with 3 when the set is archived but suspicious (far smaller than the one before), when older ones could not be forgotten, or when ' +
    'locks could not be extended. An account that may not delete leaves the forgetting to another, which is no failure.',
  options: {
    backend: { type: 'texts', placeholder: 'NAME', summary: 'back up only this backend' },
    accept: { type: 'flag', summary: 'the set is right although far smaller than the one before: archive it as complete' },
  },
  examples: [
    { line: 'rootcellar backup', summary: 'all that a rebuild needs' },
    { line: 'rootcellar backup --backend userRoot --json', summary: 'one backend, with the result for a script' },
  ],
  exits: ['partial', 'archiveMissing', 'wrongKey', 'busy', 'interrupted'],
  run: async ({ backend, accept }, context) => {
    const { config } = await context.loadConfig();
    const parts = await context.parts();
    const { backUp } = await import('../../backup/backup.ts');
    const { encrypt, encryptionSettings, compress, export: exports, maxMegabytesPerSecond, suspicionShare } = config.backup;
    return backUp(
      {
        archive: await parts.archive(),
        leases: await parts.leases(),
        server: await parts.server(),
        staging: parts.staging(),
        clock: context.clock,
        program: `rootcellar ${context.programVersion}`,
        via: config.server.via,
        serverName: config.server.name,
        backends: backend.length > 0 ? backend : (config.backup.backends ?? []),
        encrypt: encrypt === 'server-default' ? encrypt : encrypt === 'true',
        encryptionSettings,
        compress,
        isExported: exports === 'auto' ? config.layout === 'repository' : exports === 'true',
        maxMegabytesPerSecond,
        keepLocal: config.keepLocal,
        retention: config.retention,
        suspicionShare,
        isAccepted: accept,
      },
      context,
    );
  },
  render: ({ snapshot, files, duration, forgotten, forgetFailure, lockFailure }, { look }) =>
    [
      `${look.green('Backed up')} ${snapshot.backends.join(', ')} of ${snapshot.server} as snapshot ${look.bold(shortId(snapshot.id))}: ` +
        `${countOf(files, 'file')}, ${savedText(snapshot)}, in ${formatDuration(duration)}.`,
      ...snapshot.remarks.map((remark) => `${look.yellow(snapshot.state)}: ${remark}`),
      ...(snapshot.state === 'suspicious'
        ? ['It is kept and takes no good one\'s place. If it is right, run "rootcellar backup --accept".']
        : []),
      ...(forgotten.length > 0 ? [`Forgot ${countOf(forgotten.length, 'older snapshot')} by the retention rule.`] : []),
      ...(forgetFailure === undefined ? [] : forgetFailureLines(forgetFailure, look)),
      ...lockFailureLines(lockFailure, look),
    ].join('\n'),
  json: ({ snapshot, files, entries, duration, forgotten, forgetFailure, locks, lockFailure }) => ({
    ...snapshot,
    files,
    entries: entries ?? null,
    milliseconds: duration,
    forgotten: forgotten.map(({ id }) => id),
    forgetFailure: failureJson(forgetFailure),
    locksExtended: locks?.extended ?? null,
    lockFailure: failureJson(lockFailure),
  }),
  exitCodeOf: ({ snapshot, forgetFailure, lockFailure }) => {
    const isForgetting = forgetFailure === undefined || isLeftToOthers(forgetFailure);
    return snapshot.state === 'complete' && isForgetting && lockFailure === undefined ? exitCodes.success : exitCodes.partial;
  },
});

/** A writer need not have the right to delete (docs/guide/object-lock.md): then another account forgets and prunes. */
function isLeftToOthers({ code }: Failure): boolean {
  return code === 'E_ACCESS_DENIED';
}

function forgetFailureLines(failure: Failure, look: Look): readonly string[] {
  if (isLeftToOthers(failure))
    return [look.dim('Older snapshots are left to an account that may delete: "rootcellar forget" and "rootcellar prune".')];
  const { message, hint } = failure;
  const line = `${look.yellow('Older snapshots are still there:')} ${message}`;
  return hint === undefined ? [line] : [line, `  ${look.dim('→')} ${hint}`];
}
