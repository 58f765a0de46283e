import type { NamedValues } from './change-record.ts';

/** Whether values are passwords as a server stores them: `{SCHEME}…`, or the three parts of RFC 3112. */
export function isStoredPassword({ name, values }: NamedValues): boolean {
  const type = name.toLowerCase().split(';', 1)[0];
  if (type === 'authpassword') return values.length > 0;
  return type === 'userpassword' && values.some((value) => /^\{[\w.-]+\}/.test(Buffer.from(value.subarray(0, 64)).toString('latin1')));
}
