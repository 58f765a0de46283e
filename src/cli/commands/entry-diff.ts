import type { EntryDiffSummary } from '../../entries/compare/diff-summary.ts';
import { findSnapshot } from '../../domain/find-snapshot.ts';
import { assertOfServer } from '../../domain/find-snapshot.ts';
import { standardSchema } from '../../domain/schema/standard-schema.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { formatCount } from '../../foundation/counts.ts';
import { wrongUsage } from '../../foundation/failure.ts';
import { BlockCache } from '../../entries/exports/block-cache.ts';
import type { ExportedEntries } from '../../entries/exports/exported-entries.ts';
import { openExports } from '../../entries/exports/snapshot-exports.ts';
import { defineCommand, type CommandContext } from '../define-command.ts';
import { areSecretsShown, entryOptions, selectionOf } from '../entry-options.ts';
import { differenceName, differenceLine } from '../entry-text.ts';
import { snapshotArgument } from '../find-one.ts';
import { type Look, printable } from '../look.ts';
import { serverOption } from '../server-option.ts';
import { formatTime } from '../snapshot-text.ts';
import { renderTable } from '../table.ts';

const formats = ['summary', 'report', 'ldif'] as const;
type Format = (typeof formats)[number];
const usualExamples = 20;

export const entryDiffCommand = defineCommand({
  name: 'entry diff',
  summary: 'Show what differs between the entries of two moments',
  description:
    'Compares the entries of two snapshots, or of a snapshot and the running server ("now"), and tells which were added, removed, changed and renamed, and in which attributes. ' +
    'Only what differs is read: blocks of entries that both have are passed over. Of the running server all of a backend is exported by the server itself; with --base that part is read over LDAP.\n\n' +
    '--format summary counts and names the first entries; report shows every value that was taken away and added; ldif writes change records (RFC 2849) that make the first moment into the second, as ' +
    'ldapmodify takes them, without what a client may not write. Stored passwords and other secrets are hidden, and left out of the LDIF, unless --show-secrets is given and a second yes.',
  arguments: {
    before: snapshotArgument,
    after: { ...snapshotArgument, summary: 'the same of the later moment, or now: the running server' },
  },
  options: {
    base: entryOptions.base,
    where: { ...entryOptions.where, summary: 'only entries that match this LDAP filter before or after (RFC 4515)' },
    format: { type: 'text', placeholder: 'FORMAT', summary: `${formats.join(', ')}; summary unless told`, completes: formats },
    output: { type: 'text', placeholder: 'FILE', summary: 'write the report or the LDIF into this new file', completes: 'file' },
    limit: { type: 'count', placeholder: 'N', summary: `how many entries the summary names; ${usualExamples} unless told` },
    showSecrets: entryOptions.showSecrets,
    yes: entryOptions.yes,
    server: serverOption,
  },
  examples: [
    { line: 'rootcellar entry diff latest now', summary: 'what changed since the newest backup' },
    {
      line: 'rootcellar entry diff latest~1 latest --base "ou=Groups,dc=example,dc=com" --format report',
      summary: 'each value that a branch lost and got',
    },
    { line: 'rootcellar entry diff now latest --format ldif --output back.ldif', summary: 'changes that would take the server back' },
  ],
  exits: ['archiveMissing', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ before, after, base, where, format: wanted = 'summary', output, limit = usualExamples, server, ...given }, context) => {
    const format = formatOf(wanted);
    const selection = selectionOf({ base, where });
    if (before === 'now' && after === 'now') throw wrongUsage('Cannot compare now with now', 'name a snapshot on one side');
    const secrets = await areSecretsShown(given, context);
    const { writeDiff } = await import('../../entries/compare/write-diff.ts');
    return withSides({ before, after, base, server }, context, async (sides) => {
      const sink = await sinkOf(format, output, context);
      try {
        const request = { before: sides.before.exports, after: sides.after.exports, selection, schema: standardSchema };
        const summary = await writeDiff(request, { format, sink: sink.write, areSecretsShown: secrets, examples: limit }, context);
        return { before: sides.before.moment, after: sides.after.moment, format, output, summary };
      } finally {
        await sink.close();
      }
    });
  },
  render: ({ before, after, format, output, summary }, { look }) =>
    format !== 'summary' && output === undefined
      ? ''
      : [...summaryLines(summary, look), endLine(before, after, summary), ...(output === undefined ? [] : [`Written to ${output}.`])].join(
          '\n',
        ),
  json: ({ before, after, format, output, summary }) =>
    format !== 'summary' && output === undefined ? undefined : { before: momentJson(before), after: momentJson(after), ...summary, output },
});

type Moment = Snapshot | 'now';

interface Side {
  readonly moment: Moment;
  readonly exports: readonly ExportedEntries[];
}

/** Opens both sides; the entries of the running server are there as long as `work` is under way. */
async function withSides<Result>(
  {
    before,
    after,
    base,
    server,
  }: { readonly before: string; readonly after: string; readonly base: string | undefined; readonly server: string | undefined },
  context: CommandContext,
  work: (sides: { readonly before: Side; readonly after: Side }) => Promise<Result>,
): Promise<Result> {
  const parts = await context.parts();
  const archive = await parts.archive();
  await archive.open(context);
  const { config } = await context.loadConfig();
  const isWithNow = [before, after].includes('now');
  // A snapshot to hold against the configured server is one of it, where there are several.
  const ofServer = server ?? (isWithNow ? config.server.name : undefined);
  const all = assertOfServer(await archive.list({ server: ofServer }, context), ofServer);
  const cache = new BlockCache();
  const sideOf = async (wanted: string): Promise<Side> => {
    const { snapshot, exports } = await openExports(archive, findSnapshot(all, wanted), cache, context);
    return { moment: snapshot, exports };
  };
  if (!isWithNow) {
    const [first, second] = await Promise.all([sideOf(before), sideOf(after)]);
    return work({ before: first, after: second });
  }
  const then = await sideOf(before === 'now' ? after : before);
  const { withExportsOfNow } = await import('../../entries/exports/exports-of-now.ts');
  const backends = then.exports.map(({ file: { backend, baseDns } }) => ({ backend, baseDns }));
  const request = {
    server: await parts.server(),
    staging: parts.staging(),
    serverName: then.moment === 'now' ? '' : then.moment.server,
    backends,
    baseDn: base,
    cache,
  };
  return withExportsOfNow(
    request,
    (exports) => {
      const now: Side = { moment: 'now', exports };
      return work(before === 'now' ? { before: now, after: then } : { before: then, after: now });
    },
    context,
  );
}

function formatOf(wanted: string): Format {
  const format = formats.find((one) => one === wanted);
  if (format === undefined)
    throw wrongUsage(`Cannot write the difference as "${wanted}": there is no such format`, `give one of ${formats.join(', ')}`);
  return format;
}

async function sinkOf(format: Format, output: string | undefined, context: CommandContext) {
  if (format === 'summary') {
    if (output !== undefined)
      throw wrongUsage('Cannot write a summary into a file', 'add --format report or --format ldif, or send the output on with >');
    return { write: async () => true, close: async () => undefined };
  }
  if (output === undefined)
    return { write: (text: string) => context.bytes.write(Buffer.from(text, 'utf8')), close: async () => undefined };
  const { newFile } = await import('../../entries/new-file.ts');
  const file = await newFile(output);
  return {
    write: async (text: string) => {
      await file.write(text);
      return true;
    },
    close: () => file.close(),
  };
}

function summaryLines({ examples, attributes, counts }: EntryDiffSummary, look: Look): readonly string[] {
  const more = total(counts) - examples.length;
  return [
    ...examples.map((one) => differenceLine(one, look)),
    ...(more > 0 && examples.length > 0 ? [look.dim(`… and ${formatCount(more)} more`)] : []),
    ...(examples.length > 0 ? [''] : []),
    ...(attributes.length === 0
      ? []
      : [
          renderTable(
            [
              { title: 'attribute', cell: ({ name }) => printable(name) },
              { title: 'changed in entries', cell: ({ entries }) => formatCount(entries), align: 'right' },
            ],
            attributes.slice(0, 20),
            look,
          ),
          '',
        ]),
  ];
}

function endLine(before: Moment, after: Moment, { counts }: EntryDiffSummary): string {
  const span = `From ${momentText(before)} to ${momentText(after)}`;
  if (total(counts) === 0) return `${span} no entry differs.`;
  return `${span}: ${(['added', 'removed', 'changed', 'renamed'] as const).map((kind) => `${formatCount(counts[kind])} ${differenceName(kind)}`).join(', ')}.`;
}

function total(counts: EntryDiffSummary['counts']): number {
  return counts.added + counts.removed + counts.changed + counts.renamed;
}

function momentText(moment: Moment): string {
  return moment === 'now' ? 'now' : `${formatTime(moment.time)} UTC (${printable(moment.server)}/${moment.backupId})`;
}

function momentJson(moment: Moment): unknown {
  if (moment === 'now') return moment;
  const { id, server, backupId, time } = moment;
  return { id, server, backupId, time };
}
