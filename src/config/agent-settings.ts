import { z } from 'zod';
import { oidcSettings } from './oidc-settings.ts';
import { boolean, choice, count, duration, path, text, textOrDefault } from './setting-kinds.ts';

const cronExpected = 'a cron expression of five fields such as "0 */6 * * *", or none';
/** How many fields, and of what characters; whether each makes sense is told by the schedule itself (check-together.ts). */
const cronPattern = /^(none|@(yearly|monthly|weekly|daily|hourly)|[\d*][\d,*/LW#?-]*( +[\dA-Za-z*?][\dA-Za-z,*/LW#?-]*){4})$/;
const namePattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;

function cron(byDefault: string, what: string) {
  return textOrDefault(
    byDefault,
    {
      description: `when to ${what}, as a cron expression in the time zone agent.timeZone; none: never`,
      expected: cronExpected,
      example: '0 */6 * * *',
      placeholder: 'CRON',
    },
    cronPattern,
  );
}

function tokenFile(role: string, may: string) {
  return path({
    description: `file that holds the tokens, one a line, with which one may ${may} over the agent's API (${role})`,
    example: `/run/secrets/rootcellar/${role}-token`,
    isSecretFile: true,
  });
}

/** What `rootcellar agent` does by itself, and how it is spoken to. */
export const agentSettings = z.strictObject({
  group: textOrDefault(
    'directory',
    {
      description: 'replicas of one directory whose agents share the schedules: each run is made by one of them',
      expected: 'a name of letters, digits, dots, dashes and underscores',
      example: 'directory',
      placeholder: 'NAME',
    },
    namePattern,
  ),
  name: text(
    {
      description: 'name of this agent among those of its group; otherwise the host name',
      expected: 'a name of letters, digits, dots, dashes and underscores',
      example: 'ds-0',
      placeholder: 'NAME',
    },
    namePattern,
  ),
  timeZone: textOrDefault(
    'UTC',
    {
      description: 'time zone of the schedules',
      expected: 'a time zone of the IANA database such as Europe/Berlin',
      example: 'Europe/Berlin',
      placeholder: 'ZONE',
    },
    /^[A-Za-z][A-Za-z0-9_+/-]*$/,
  ),
  schedule: z
    .strictObject({
      backup: cron('0 */6 * * *', 'make a backup'),
      verify: cron('30 3 * * *', 'verify the archive'),
      drill: cron('none', 'rehearse a restore of the newest snapshot'),
      forget: cron('none', 'forget by the retention rule, which each backup does as well'),
      prune: cron('30 4 * * 0', 'give back what no snapshot needs'),
    })
    .prefault({}),
  verifyPart: textOrDefault(
    'today/30',
    {
      description: 'what each scheduled verify reads of the data, as --read-data-subset has it; none: it only looks whether all is there',
      expected: 'a part such as today/30, 5% or 10GiB, or none',
      example: 'today/7',
      placeholder: 'PART',
    },
    /^(none|today\/\d+|\d+\/\d+|\d+(\.\d+)?%|\d+(\.\d+)? ?[KMGT]i?B)$/,
  ),
  jitter: duration('2m', {
    description:
      'a run begins at most so much later than its schedule says, always by the same amount for a group and job, so that many directories do not begin at once',
    example: '15m',
  }),
  catchUp: boolean(true, { description: 'make up for the last run that was missed while no agent ran; never for more than one' }),
  attempts: count(1, 20, 3, { description: 'how often a run is tried, the first time included, before it has failed', example: '5' }),
  retryPause: duration('1m', {
    description: 'pause before a failed run is tried again; each further one is twice as long',
    example: '30s',
  }),
  bidding: duration('5s', {
    description: 'how long the agents of a group wait for each other before the healthiest of them begins',
    example: '10s',
  }),
  lease: duration('20s', {
    description: 'after how long another agent takes over from one that died in the middle of a run',
    example: '30s',
  }),
  stopGrace: duration('4m', {
    description:
      'how long a run may go on after the agent was told to stop, before it is interrupted and undone; less than the grace period of the pod',
    example: '30s',
  }),
  listen: textOrDefault(
    '127.0.0.1:7373',
    {
      description: 'address and port of the HTTP API, or none; anything but a loopback address needs agent.tls',
      expected: 'an address with a port such as 127.0.0.1:7373, or none',
      example: '0.0.0.0:7373',
      placeholder: 'ADDRESS',
    },
    /^(none|(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-fA-F:]+\]|localhost):\d{1,5})$/,
  ),
  tls: z
    .strictObject({
      certificateFile: path({
        description: "PEM file with the certificate of the agent's API, and its chain",
        example: '/run/secrets/rootcellar/tls.crt',
      }),
      keyFile: path({
        description: 'PEM file with the private key of that certificate',
        example: '/run/secrets/rootcellar/tls.key',
        isSecretFile: true,
      }),
    })
    .prefault({}),
  tokens: z
    .strictObject({
      viewerFile: tokenFile('viewer', 'look'),
      operatorFile: tokenFile('operator', 'also make backups, verify, forget and prune'),
      restorerFile: tokenFile('restorer', 'also restore, and read what is in the directory'),
    })
    .prefault({}),
  console: z
    .strictObject({
      enabled: boolean(true, { description: 'show the console, the pages for a browser, at the address of the API' }),
      anonymous: choice(['none', 'viewer', 'operator', 'restorer'], 'none', {
        description: 'the role of whoever asks without having signed in; only where agent.listen is a loopback address',
        expected: 'none, viewer, operator or restorer',
        example: 'viewer',
      }),
      sessionIdle: duration('1h', { description: 'a session ends when nothing was asked with it for so long', example: '15m' }),
      sessionMost: duration('12h', { description: 'a session ends after so long, however much it is used', example: '8h' }),
    })
    .prefault({}),
  oidc: oidcSettings.prefault({}),
  auditKept: count(100, 100_000, 5000, {
    description: 'how many entries of the audit log stay in the archive, of who did what by the API of the agents; the oldest go first',
    example: '20000',
  }),
  tokenFile: path({
    description: 'file that holds the token to show to the agent that --agent names',
    example: '/run/secrets/rootcellar/operator-token',
    isSecretFile: true,
  }),
  caFile: path({
    description: 'PEM file of the certificates to trust for the agent that --agent names',
    example: '/etc/ssl/private-ca.pem',
  }),
});
