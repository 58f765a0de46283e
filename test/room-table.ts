/** What one room may import, besides itself. */
export type RoomRule = readonly string[];

/** Files directly in `src`: they pick implementations and so may import everything. */
export const roomFreeFiles: readonly string[] = [
  'compose.ts',
  'compose-servers.ts',
  'compose-kubernetes.ts',
  'compose-settings.ts',
  'index.ts',
];

const everyRoom: RoomRule = ['foundation'];

/** The jobs take ports; they know neither S3 nor LDAP. */
const job: RoomRule = [
  ...everyRoom,
  'domain',
  'telemetry',
  'staging',
  'archive/archive-repairs.ts',
  'archive/archive.ts',
  'archive/archive-keys.ts',
  // The port's words about what keeps a snapshot from being forgotten.
  'archive/archive-pins.ts',
  'archive/snapshot-copier.ts',
  'archive/archive-locks.ts',
  'archive/lease.ts',
  'archive/topology-lease.ts',
  'directory-servers/directory-server.ts',
  // The same port's words about single entries.
  'directory-servers/entry-changes.ts',
  'directory-servers/topology.ts',
  // Rules about what the port says; nothing of LDAP.
  'directory-servers/server-checks.ts',
  'node:crypto',
  'node:events',
  'node:fs',
  'node:path',
  'node:stream',
  'node:util',
  'node:zlib',
  'npm:yauzl',
  'npm:zod',
];

/**
 * The room table of the design, as data: room → what it may import. `room` is all its files, `room/file.ts` one of them (a port),
 * `node:x` a built-in module, `npm:x` a package. Imports go downwards only; a new line here is a decision.
 */
export const mayImport: Readonly<Record<string, RoomRule>> = {
  foundation: [],
  // The digest of an entry is a rule of this room, and its hash part of it.
  domain: [...everyRoom, 'node:crypto', 'npm:zod'],
  // The jitter of a name is its hash; the grammar of cron, with its daylight saving, is a package's.
  schedule: [...everyRoom, 'domain', 'node:crypto', 'npm:croner'],
  telemetry: [...everyRoom, 'npm:pino', 'node:async_hooks'],
  config: [...everyRoom, 'domain', 'schedule', 'npm:zod', 'npm:yaml', 'node:fs', 'node:path'],
  'object-stores': [
    ...everyRoom,
    'telemetry',
    'npm:@aws-sdk/*',
    'npm:@smithy/node-http-handler',
    'node:crypto',
    'node:fs',
    'node:http',
    'node:https',
    // Large bodies are received without Node's http (docs/decisions/0011).
    'node:net',
    'node:path',
    'node:stream',
    'node:timers',
    'node:tls',
    'node:url',
  ],
  repository: [
    ...everyRoom,
    'object-stores/object-store.ts',
    'node:crypto',
    // Files are read into, and written from, the memory that its threads share: through a stream every byte would be copied twice more.
    'node:fs',
    'node:path',
    'node:util',
    // Its workers have their buffers collected: memory outside of the heap would wait for long.
    'node:v8',
    'node:vm',
    'node:worker_threads',
    'node:zlib',
  ],
  archive: [
    ...everyRoom,
    'domain',
    // Its door; nothing else of it is anyone's business.
    'repository/repository.ts',
    'object-stores/object-store.ts',
    'node:crypto',
    'node:fs',
    // The host name, by which a lease names its holder.
    'node:os',
    'node:path',
    'node:stream',
    'npm:zod',
  ],
  'directory-servers': [
    ...everyRoom,
    'domain',
    'telemetry',
    'npm:ldapts',
    // An installation of the server may be a zip archive.
    'npm:yauzl',
    'node:child_process',
    'node:crypto',
    'node:events',
    'node:fs',
    'node:net',
    'node:os',
    'node:path',
    'node:readline',
    'node:stream',
    'node:tls',
  ],
  // The folder that server and program both see: what lies in it, and its sweeping.
  staging: [...everyRoom, 'domain', 'node:crypto', 'node:events', 'node:fs', 'node:path', 'npm:yauzl', 'npm:zod'],
  /** The files of a server with which no folder is shared, brought through the Kubernetes API: a wrapper of the port of a server (docs/decisions/0022). */
  kubernetes: [
    ...everyRoom,
    // Which names are inside a set.
    'domain',
    'directory-servers/directory-server.ts',
    'directory-servers/entry-changes.ts',
    // The server's own programs run in its container.
    'directory-servers/tool-host.ts',
    'directory-servers/run-tool.ts',
    'staging/staging.ts',
    'node:crypto',
    'node:fs',
    'node:http',
    'node:https',
    'node:os',
    'node:path',
    'node:stream',
    'npm:@kubernetes/client-node',
    'npm:tar-stream',
    'npm:ws',
    'npm:zod',
  ],
  backup: job,
  restore: job,
  /** A restore into a server of its own: it fetches, compares versions and proves as a restore does, and reads a file of assertions. */
  drill: [
    ...job,
    'restore/fetch.ts',
    // Whether a new server could read what it is given.
    'restore/check-keys.ts',
    'restore/compare-versions.ts',
    'restore/prove.ts',
    'restore/proof-text.ts',
    // A port, beside that of a server which is there.
    'directory-servers/scratch-server.ts',
    'npm:yaml',
  ],
  // Where the layouts differ, a set is fetched and archived again.
  copy: [...job, 'restore/fetch.ts'],
  verify: job,
  // Single entries of the directory, from the exports in snapshots and on the running server (docs/decisions/0027 to 0030).
  entries: [
    ...job,
    // An undo file is read line by line.
    'node:readline',
  ],
  history: job,
  inspect: job,
  journal: job,
  // It tries what a backup would do, with the backup's own checks.
  doctor: [...job, 'object-stores/object-store.ts', 'backup/check-backend.ts', 'kubernetes/pod-probe.ts'],
  // It runs the jobs as the program runs them, in processes of their own (docs/decisions/0020), so it knows none of them.
  agent: [
    ...job,
    'archive/stored-runs.ts',
    'archive/stored-slots.ts',
    // Who did what by its API.
    'archive/stored-audit.ts',
    'schedule',
    'config',
    'node:child_process',
    'node:http',
    // Its API, and what metrics and notifications go to: TLS, loopback addresses, and the router (docs/decisions/0026).
    'node:https',
    'node:net',
    'node:tls',
    'npm:hono',
    'npm:@hono/node-server',
    // People who sign in at an OpenID provider (docs/decisions/0031).
    'npm:openid-client',
    'node:string_decoder',
    // Its metrics, as text and by OTLP (docs/decisions/0025).
    'npm:prom-client',
    'npm:@opentelemetry/*',
    // Mails; loaded when there is a mail server.
    'npm:nodemailer',
  ],
  // The built pages as they are, from memory; of the agent it knows the port that it is asked by (docs/decisions/0033).
  console: [...everyRoom, 'agent/http/pages.ts', 'node:crypto', 'node:fs', 'node:path'],
  cli: [
    ...job,
    'backup',
    'restore',
    'copy',
    'drill',
    'verify',
    'history',
    'inspect',
    'entries',
    'journal',
    'doctor',
    'agent',
    'console',
    'config',
    // Which roles there are, and what a policy says.
    'archive/access-policy.ts',
    // The only place that picks implementations; the program's entry asks it for them.
    'compose.ts',
    'node:module',
    // Where this user's cache of compiled code lies.
    'node:os',
    'node:path',
    'node:process',
    'node:readline',
    'node:timers',
    'node:timers',
    'node:tty',
    'node:url',
    'node:util',
    // How much young objects may pile up.
    'node:v8',
    'npm:commander',
  ],
};

/**
 * What the console in the browser (`web/src`) may import besides itself: what is sent to a browser is small and knows no secret. Documents of the API and of
 * commands by their types alone, which the build leaves out; of code only what runs anywhere (docs/decisions/0033).
 */
export const webMayImport: { readonly values: RoomRule; readonly types: RoomRule } = {
  values: [
    // How sizes, counts and durations are written, as in the commands' output.
    'foundation/counts.ts',
    'foundation/durations.ts',
    'foundation/sizes.ts',
    // What follows from progress that is told, as at the agent.
    'foundation/told-progress.ts',
    // What the steps of a restore are called.
    'restore/steps.ts',
    // How its entries are counted in words.
    'restore/entry-counts.ts',
    'npm:preact',
    'npm:@preact/signals',
    'npm:preact-iso',
    'npm:uplot',
    'npm:@tanstack/virtual-core',
  ],
  types: ['foundation', 'domain', 'restore', 'agent/http/api-schemas.ts', 'npm:zod'],
};
