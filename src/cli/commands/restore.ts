import { shortId } from '../../domain/find-snapshot.ts';
import { formatDuration } from '../../foundation/durations.ts';
import type { RestorePlan } from '../../restore/plan.ts';
import { defineCommand } from '../define-command.ts';
import { findOne, snapshotArgument } from '../find-one.ts';
import { proofLine, restorePlanText, restoreStages } from '../restore-text.ts';
import { serverOption } from '../server-option.ts';
import { approval, workOnServer } from '../work-on-server.ts';

export const restoreCommand = defineCommand({
  name: 'restore',
  summary: 'Restore a snapshot into the directory server',
  description:
    'Shows the plan and asks; then fetches the snapshot, checks every byte, lets the server check each backup, restores the encryption ' +
    'settings and the backends, and proves the result by every entry, or by the counts where the set has no export. Until the first backend is restored nothing on the server ' +
    'is changed, save that a disabled backend is enabled. At a terminal it asks; elsewhere it needs --yes.\n\n' +
    'A server that is replicated is refused, as its replicas would overwrite what is restored or take it over. With --topology all of them are brought to ' +
    'the state of the snapshot: they refuse what clients write, replication is suspended, this server restored and proven, the others initialised from it, replication resumed, and each of ' +
    'them proven. Until the proof no other replica is changed, and what fails before it is rolled back. Killed in the middle, the same command ' +
    'goes on where it was; "rootcellar roll-back" undoes it instead.\n\n' +
    'With --from-export the entries of the set’s LDIF export are imported in place of the database files, with all their attributes, the passwords and those of the server itself too: for a set whose ' +
    'backup is damaged, or of a version that the server does not take. The backends are out of service longer, and only those with users’ entries have exports. ' +
    'What the server then has is compared with the export, entry by entry; the snapshot is not marked as proven, as its backup was not tried.\n\n' +
    'It ends with 20 when the snapshot is damaged, or when the server says success and its entries say otherwise.',
  arguments: { id: snapshotArgument },
  options: {
    yes: { type: 'flag', summary: 'go on without asking' },
    plan: { type: 'flag', summary: 'only show the plan' },
    compare: {
      type: 'flag',
      summary:
        'have the server export what it has now, and show how many entries would go, change and come back; with --json the first of each',
    },
    backend: { type: 'texts', placeholder: 'NAME', summary: 'restore only this backend; otherwise all that hold users’ entries' },
    fromExport: { type: 'flag', summary: 'import the LDIF export of the entries instead of the database files' },
    topology: { type: 'flag', summary: 'bring all replicas to the state of the snapshot' },
    keepWritable: {
      type: 'flag',
      summary:
        'with --topology: replicas take what clients write meanwhile, which gets lost, or makes them differ; otherwise they refuse it until the end',
    },
    allAtOnce: { type: 'flag', summary: 'with --topology: initialise the other replicas at the same time, not one by one' },
    stopOnFailure: { type: 'flag', summary: 'with --topology: leave all as it is when something fails before the proof' },
    server: serverOption,
  },
  examples: [
    { line: 'rootcellar restore latest --plan', summary: 'what would happen' },
    { line: 'rootcellar restore latest --plan --compare', summary: 'and what would be lost' },
    { line: 'rootcellar restore 3f2a --backend userRoot --yes', summary: 'one backend, without a question' },
    { line: 'rootcellar restore latest --topology', summary: 'all replicas' },
    { line: 'rootcellar restore latest --from-export', summary: 'the entries of a snapshot whose database files cannot be restored' },
  ],
  exits: ['archiveMissing', 'busy', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async (
    { id, yes, plan: isPlanOnly, compare, backend, fromExport, topology, keepWritable, allAtOnce, stopOnFailure, server },
    context,
  ) => {
    const { archive, snapshot } = await findOne(id, server, context);
    const { restore } = await import('../../restore/restore.ts');
    const question = ({ target, topology: replicas }: RestorePlan) => {
      const what = `restore ${shortId(snapshot.id)} into ${target.location}`;
      return replicas === undefined ? { what } : { what: `${what} and its replicas`, typed: replicas.target };
    };
    return restore(
      {
        ...(await workOnServer(context)),
        archive,
        program: `rootcellar ${context.programVersion}`,
        snapshot,
        backends: backend,
        isCompared: compare,
        source: fromExport ? 'export' : 'backup',
        wish: { isWanted: topology, isFenced: !keepWritable, isAllAtOnce: allAtOnce },
        onFailure: stopOnFailure ? 'stop' : 'roll-back',
        approve: approval({ isPlanOnly, yes, text: (plan) => restorePlanText(plan, context), question, stages: restoreStages }, context),
      },
      context,
    );
  },
  render: ({ plan, isDone, proofs, duration }, around) => {
    const { look } = around;
    if (!isDone) return `${restorePlanText(plan, around)}\nNothing was changed. Run it without --plan to restore.`;
    const what = `${restoredText(plan)} into ${plan.target.location} in ${formatDuration(duration)}`;
    return [`${look.green('Restored')} ${what}.`, ...proofs.map((proof) => proofLine(proof, look))].join('\n');
  },
  json: ({ plan, isDone, proofs, steps, duration }) => ({ isDone, plan, proofs, steps, milliseconds: duration }),
});

function restoredText({ snapshot: { id, server }, source }: RestorePlan): string {
  return `${source === 'export' ? 'the export of ' : ''}${shortId(id)} of ${server}`;
}
