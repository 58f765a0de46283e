import { shortId } from '../../domain/find-snapshot.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { formatDuration } from '../../foundation/durations.ts';
import { exitCodes } from '../../foundation/failure.ts';
import type { ServerStatus } from '../../domain/server-status.ts';
import { defineCommand } from '../define-command.ts';
import { printable, type Look } from '../look.ts';
import { serverOption } from '../server-option.ts';
import { countOf, formatTime } from '../snapshot-text.ts';

export const statusCommand = defineCommand({
  name: 'status',
  summary: 'Say whether each server has a good backup that is young enough',
  description:
    'Says for each server of the archive when its last good backup was made. It ends with 0 when all are younger than status.maxAge and with ' +
    '1 otherwise, also when there is none at all; so it can be what a monitor runs.',
  options: { server: { ...serverOption, summary: 'only this server; it counts as never backed up when the archive has nothing of it' } },
  examples: [{ line: 'rootcellar status --status-max-age 25h', summary: 'for a backup that runs once a day' }],
  exits: ['archiveMissing', 'wrongKey', 'interrupted'],
  run: async ({ server }, context) => {
    const { config } = await context.loadConfig();
    const archive = await (await context.parts()).archive();
    await archive.open(context);
    const { statusOf } = await import('../../domain/server-status.ts');
    const servers = statusOf(await archive.list({ server }, context), context.clock.now(), config.status.maxAge, server);
    return { archive: archive.location, maxAge: config.status.maxAge, servers };
  },
  render: ({ archive, maxAge, servers }, { look }) => {
    if (servers.length === 0) return `${look.red('Not protected:')} the archive ${archive} has no backup of any server.`;
    return servers.map((server) => statusLine(server, maxAge, look)).join('\n');
  },
  json: ({ archive, maxAge, servers }) => ({
    archive,
    isProtected: areProtected(servers),
    maxAgeSeconds: maxAge / 1000,
    servers: servers.map(({ server, state, lastGood, age, lastProven, snapshots, doubtful }) => ({
      server,
      state,
      lastGood: lastGood ?? null,
      ageSeconds: age === undefined ? null : Math.round(age / 1000),
      lastProven: lastProven ?? null,
      snapshots,
      doubtful: doubtful.map(({ id }) => id),
    })),
  }),
  exitCodeOf: ({ servers }) => (areProtected(servers) ? exitCodes.success : exitCodes.failure),
});

function areProtected(servers: readonly ServerStatus[]): boolean {
  return servers.length > 0 && servers.every(({ state }) => state === 'protected');
}

function statusLine({ server, state, lastGood, age, lastProven, snapshots, doubtful }: ServerStatus, maxAge: number, look: Look): string {
  const doubts = doubtful.length > 0 ? ` ${countOf(doubtful.length, 'newer one')} not good: look at "rootcellar list".` : '';
  const name = look.bold(printable(server));
  if (lastGood === undefined || age === undefined) return `${look.red('✗')} ${name}: not protected; there is no good backup.${doubts}`;
  const last = `the last good backup, ${shortId(lastGood.id)}, was made ${formatDuration(Math.max(0, age))} ago (${formatTime(lastGood.time)} UTC)`;
  if (state === 'late') return `${look.red('✗')} ${name}: late; ${last}, more than ${formatDuration(maxAge)}.${doubts}`;
  return `${look.green('✓')} ${name}: protected; ${last}; ${countOf(snapshots, 'snapshot')}, ${provenText(lastProven)}.${doubts}`;
}

function provenText(lastProven: Snapshot | undefined): string {
  if (lastProven?.provenAt === undefined) return 'none of them proven yet';
  return `the newest that is proven is ${shortId(lastProven.id)} (${formatTime(lastProven.provenAt)} UTC)`;
}
