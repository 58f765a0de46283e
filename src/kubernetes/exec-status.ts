import { z } from 'zod';

/** What the API server says at the end of a program. */
export interface ExecStatus {
  /** Undefined where it never ran, or was not seen to end; then there are words. */
  readonly exitCode: number | undefined;
  readonly words: string;
}

const statusSchema = z.object({
  status: z.string(),
  message: z.string().optional(),
  reason: z.string().optional(),
  details: z.object({ causes: z.array(z.object({ reason: z.string().optional(), message: z.string().optional() })).optional() }).nullish(),
});

/** A `Status` object as the exec endpoint sends it on its status channel: `Success`, or `NonZeroExitCode` with the code among its causes. */
export function parseExecStatus(text: string): ExecStatus {
  const parsed = statusSchema.safeParse(jsonOf(text));
  if (!parsed.success) return { exitCode: undefined, words: text.trim().slice(0, 300) };
  const { status, message = '', reason, details } = parsed.data;
  if (status === 'Success') return { exitCode: 0, words: '' };
  const code = details?.causes?.find((cause) => cause.reason === 'ExitCode')?.message;
  const isCode = reason === 'NonZeroExitCode' && code !== undefined && /^\d+$/.test(code) && Number(code) !== 0;
  return { exitCode: isCode ? Number(code) : undefined, words: message.replace(/\s+/g, ' ').trim() };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
