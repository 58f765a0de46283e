import { assertOfServer, findSnapshot, shortId } from '../../domain/find-snapshot.ts';
import type { PinSeal } from '../../domain/pin-seal.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import type { DirectoryServer } from '../../directory-servers/directory-server.ts';
import { exitCodes, isFailure, wrongUsage } from '../../foundation/failure.ts';
import type { AskedServer, KeysOfSnapshot, NeededKey } from '../../verify/keys-report.ts';
import { type CommandContext, defineCommand } from '../define-command.ts';
import { type Look, printable } from '../look.ts';
import { serverOption } from '../server-option.ts';
import { formatTime } from '../snapshot-text.ts';

interface Reported extends KeysOfSnapshot {
  readonly snapshot: Snapshot;
  /** Whether the configured pin opens the export; undefined where that is not told. */
  readonly isPinRight: boolean | undefined;
}

interface KeysReport {
  readonly server: AskedServer | undefined;
  readonly snapshots: readonly Reported[];
}

export const keysReportCommand = defineCommand({
  name: 'keys report',
  summary: "Tell which of the directory server's own keys a snapshot needs, and where they are",
  description:
    'What the directory server encrypted itself – backups, or entries in its database – can be read only with its own keys: the encryption-settings ' +
    'definitions of PingDirectory, the cipher keys of OpenDJ. This tells for the newest snapshot, the one that is named or all of them which keys ' +
    'that are, whether they are in the set (the export, sealed with the pin) and whether they are on the server now, which is asked where server.url or ' +
    'server.home is set. For the passwords that open the archive itself see "rootcellar key list".\n\n' +
    'It ends with 20 when a key is in neither place, and with 3 when it could not be told of one, or when the pin in server.encryptionPinFile is not ' +
    'the one that sealed an export.',
  arguments: {
    id: { summary: 'ID of a snapshot, or latest, which it is without', completes: ['latest', 'latest~1'] },
  },
  options: { all: { type: 'flag', summary: 'report all snapshots' }, server: serverOption },
  examples: [
    { line: 'rootcellar keys report', summary: 'of the newest snapshot' },
    { line: 'rootcellar keys report --all --json', summary: 'of all of them, for a script' },
  ],
  exits: ['partial', 'archiveMissing', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ id, all, server }, context): Promise<KeysReport> => {
    if (all && id !== undefined) throw wrongUsage('Cannot report the keys of all snapshots and of one', 'leave --all or the ID out');
    const archive = await (await context.parts()).archive();
    await archive.open(context);
    const listed = assertOfServer(await archive.list({ server }, context), server);
    const wanted = all ? listed : [findSnapshot(listed, id ?? 'latest')];
    const directory = await configuredServer(context);
    const asked = directory && (await askKeys(directory, context));
    const { reportKeys } = await import('../../verify/keys-report.ts');
    const snapshots: Reported[] = [];
    for (const snapshot of wanted) {
      const manifest = await archive.manifest(snapshot, context);
      snapshots.push({ ...reportKeys(manifest, asked), snapshot, isPinRight: await isPinRight(directory, manifest.encryptionPin) });
    }
    return { server: asked, snapshots };
  },
  render: ({ server, snapshots }, { look }) =>
    [
      ...(snapshots.length === 0 ? ['There are no snapshots.'] : snapshots.map((one) => snapshotText(one, look))),
      serverText(server, look),
    ].join('\n'),
  json: ({ server, snapshots }) => ({
    server: server === undefined ? null : { location: server.location, isKnown: server.keys.isKnown },
    snapshots: snapshots.map(({ snapshot, keys, untold, export: exported, verdict, isPinRight: pin }) => ({
      id: snapshot.id,
      server: snapshot.server,
      time: snapshot.time,
      verdict,
      keys: keys.map(({ isOnServer, ...key }) => ({ ...key, isOnServer: isOnServer ?? null })),
      untold,
      export: exported === undefined ? null : { ...exported, sha256: exported.sha256 ?? null },
      isPinRight: pin ?? null,
    })),
  }),
  exitCodeOf: ({ snapshots }) => {
    if (snapshots.some(({ verdict }) => verdict === 'missing')) return exitCodes.verificationFailed;
    return snapshots.some(({ verdict, isPinRight: pin }) => verdict === 'unknown' || pin === false) ? exitCodes.partial : exitCodes.success;
  },
});

async function configuredServer(context: CommandContext): Promise<DirectoryServer | undefined> {
  const { server } = (await context.loadConfig()).config;
  return server.url === undefined && server.home === undefined ? undefined : (await context.parts()).server();
}

/** A server that is down is no reason to say nothing of the set. */
async function askKeys(server: DirectoryServer, context: CommandContext): Promise<AskedServer> {
  const { location } = server;
  try {
    return { location, keys: await server.listEncryptionKeys(context) };
  } catch (error) {
    context.signal?.throwIfAborted();
    if (!isFailure(error)) throw error;
    return { location, keys: { isKnown: false, reason: error.message } };
  }
}

async function isPinRight(server: DirectoryServer | undefined, seal: PinSeal | undefined): Promise<boolean | undefined> {
  return seal === undefined ? undefined : server?.isPinOf(seal);
}

const verdictWords: Readonly<Record<KeysOfSnapshot['verdict'], (look: Look) => string>> = {
  there: (look) => look.green('each key is there'),
  missing: (look) => look.red('a key is missing'),
  unknown: (look) => look.yellow('not all could be told'),
};

function snapshotText(report: Reported, look: Look): string {
  const { snapshot, keys, untold, export: exported, verdict } = report;
  const isNone = keys.length === 0 && untold.length === 0;
  const title = `${look.bold(shortId(snapshot.id))} of ${printable(snapshot.server)}, ${formatTime(snapshot.time)} UTC`;
  return [
    `${title}: ${isNone ? look.green('needs no key of the server') : verdictWords[verdict](look)}`,
    ...keys.map((key) => keyLine(key, look)),
    ...untold.map((backend) => `  ${look.yellow('!')} ${printable(backend)}: needs keys, and the set does not tell which`),
    ...(exported === undefined
      ? []
      : [`  the set's export, sealed with the pin: ${printable(exported.path)}, SHA-256 ${exported.sha256 ?? 'not known'}`]),
    ...pinLines(report, look),
  ].join('\n');
}

function keyLine({ id, backends, isInSet, isOnServer }: NeededKey, look: Look): string {
  const places = [...(isInSet ? ['in the set'] : []), ...(isOnServer === true ? ['on the server'] : [])];
  const isKnown = isInSet || isOnServer !== undefined;
  const where = places.length > 0 ? look.green(places.join(' and ')) : isKnown ? look.red('nowhere') : look.yellow('not in the set');
  return `  ${printable(id)} for ${printable(backends.join(', '))}: ${where}`;
}

function pinLines({ isPinRight: pin }: Reported, look: Look): readonly string[] {
  if (pin === undefined) return [];
  return [
    pin
      ? '  the pin in server.encryptionPinFile opens it'
      : `  ${look.red('the pin in server.encryptionPinFile is not the one that sealed it')}`,
  ];
}

function serverText(server: AskedServer | undefined, look: Look): string {
  if (server === undefined) return look.dim('No server was asked: neither server.url nor server.home is set.');
  const { location, keys } = server;
  return look.dim(keys.isKnown ? `Asked: ${location}` : `${location} could not tell: ${keys.reason}`);
}
