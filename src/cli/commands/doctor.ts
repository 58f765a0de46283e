import { exitCodes } from '../../foundation/failure.ts';
import type { Finding } from '../../doctor/finding.ts';
import { defineCommand } from '../define-command.ts';
import { printable, type Look } from '../look.ts';

export const doctorCommand = defineCommand({
  name: 'doctor',
  summary: 'Try everything that a backup and a restore need',
  description:
    'Tries, on the real bucket and the real server, what backup and restore need: put, get, list, delete, conditional writes, multipart ' +
    'uploads, the clock, Object Lock; TLS, the bind, privileges, the staging folder seen from both sides, space. Each line that is not well says what to do. ' +
    'What it writes it removes again. It ends with 1 when anything failed.',
  examples: [{ line: 'rootcellar doctor', summary: 'before the first backup, and whenever something is odd' }],
  exits: ['interrupted'],
  run: async (_input, context) => {
    const { config } = await context.loadConfig();
    const parts = await context.parts();
    const hasServer = config.server.url !== undefined || config.server.via === 'tools';
    const { mode, days } = config.objectLock;
    const { examine } = await import('../../doctor/doctor.ts');
    const findings = await examine(
      {
        openStore: parts.store,
        openArchive: parts.archive,
        openServer: hasServer ? parts.server : undefined,
        openPod: hasServer ? parts.pod : undefined,
        staging: hasServer ? parts.staging() : undefined,
        objectLock: mode === 'none' || days === undefined ? undefined : { mode, days },
        clock: context.clock,
        name: `${parts.hostName}-${process.pid}`.replaceAll(/[^A-Za-z0-9._-]/g, '-'),
      },
      context,
    );
    return { isWell: findings.every(({ state }) => state !== 'failed'), findings };
  },
  render: ({ findings }, { look }) => findings.map((finding) => findingLines(finding, look)).join('\n'),
  exitCodeOf: ({ isWell }) => (isWell ? exitCodes.success : exitCodes.failure),
});

function findingLines({ check, state, text, fix }: Finding, look: Look): string {
  const marks = { ok: look.green('✓'), warning: look.yellow('!'), failed: look.red('✗') };
  const line = `${marks[state]} ${look.bold(check)}: ${printable(text)}`;
  return fix === undefined ? line : `${line}\n    ${look.dim('→')} ${printable(fix)}`;
}
