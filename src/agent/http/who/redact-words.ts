const mostWords = 60;
const mostCharacters = 400;
const secretName = String.raw`[\w.-]*(?:password|passwd|passphrase|pwd|secret|token|credential|api-?key|private-?key|authPassword)[\w.-]*`;
/** `--token=x`, `userPassword: x`; options that name a file hold no secret. */
const assigned = new RegExp(String.raw`^(-{0,2}${secretName}?)(=|:\s*)(.+)$`, 'is');
const asFilter = new RegExp(String.raw`(\(\s*${secretName}(?:;[\w-]+)*(?::[\w.:-]+)?\s*[~<>:]?=)[^()]*`, 'gi');
const inAddress = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi;
const bearer = /\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi;

/**
 * The words of a command as they may be written down: the filter and DN that somebody looked for stay, as that is what the audit is for; values that go with a
 * name such as password or token do not, and long words are cut.
 */
export function redactWords(words: readonly string[]): readonly string[] {
  let isSecretNext = false;
  const redacted = words.slice(0, mostWords).map((word) => {
    const isSecret = isSecretNext && !word.startsWith('--');
    isSecretNext = isSecretOption(word);
    return isSecret ? '***' : cut(redact(word));
  });
  return words.length > mostWords ? [...redacted, `and ${words.length - mostWords} more`] : redacted;
}

function redact(word: string): string {
  const plain = word.replaceAll(asFilter, '$1***').replaceAll(inAddress, '$1***@').replaceAll(bearer, '$1 ***');
  const [, name = '', sign = ''] = assigned.exec(plain) ?? [];
  return name === '' || isFileOption(name) ? plain : `${name}${sign}***`;
}

function isSecretOption(word: string): boolean {
  return new RegExp(`^--${secretName}$`, 'i').test(word) && !isFileOption(word);
}

function isFileOption(name: string): boolean {
  return /-file$/i.test(name);
}

function cut(word: string): string {
  return word.length > mostCharacters ? `${word.slice(0, mostCharacters)}…` : word;
}
