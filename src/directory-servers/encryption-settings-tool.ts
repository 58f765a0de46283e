import path from 'node:path';
import { type EncryptionKeys, parseEncryptionSettings } from '../domain/encryption-keys.ts';
import type { PinSeal } from '../domain/pin-seal.ts';
import { Failure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { isPinOf, sealPin } from './seal-pin.ts';
import { thisMachine, type ToolHost } from './tool-host.ts';

export interface EncryptionSettingsOptions {
  /** The server's root folder, as the program's host sees it. */
  readonly home?: string | undefined;
  readonly encryptionPinFile?: string | undefined;
  /** Where the program runs; this machine unless told. */
  readonly toolHost?: ToolHost | undefined;
}

/** PingDirectory's `bin/encryption-settings`: the only way to take its definitions out and in again. */
export class EncryptionSettingsTool {
  readonly #options: EncryptionSettingsOptions;

  constructor(options: EncryptionSettingsOptions) {
    this.#options = options;
  }

  /** The definitions that the server has; needs no pin. */
  async list(options: OperationContext): Promise<EncryptionKeys> {
    return parseEncryptionSettings(await this.#run('list the encryption settings', ['list'], options));
  }

  /** Writes all definitions, sealed with the pin, into `outputFile`. */
  async exportTo(outputFile: string, options: OperationContext): Promise<void> {
    const attempt = 'export the encryption settings';
    await this.#host.withSecretFiles([this.#pinFile(attempt)], async (pinFiles) => {
      await this.#run(attempt, ['export', '--output-file', outputFile, '--pin-file', ...pinFiles], options);
    });
  }

  /** Adds the definitions; which one is preferred stays as it is. */
  async importFrom(inputFile: string, options: OperationContext, attempt = 'import the encryption settings'): Promise<void> {
    await this.#host.withSecretFiles([this.#pinFile(attempt)], async (pinFiles) => {
      await this.#run(attempt, ['import', '--input-file', inputFile, '--pin-file', ...pinFiles], options);
    });
  }

  /**
   * Proves that the pin opens an export that this server has just made, by importing it where it came from: the server keeps what it has and skips
   * what it has already. Its list is read before and after.
   */
  async proveOpens(inputFile: string, options: OperationContext): Promise<EncryptionKeys> {
    const before = await this.list(options);
    await this.importFrom(inputFile, options, 'open the export of the encryption settings again');
    const after = await this.list(options);
    if (namesOf(before) === namesOf(after)) return after;
    throw new Failure(
      'E_ENCRYPTION_SETTINGS',
      'Cannot rely on the export of the encryption settings: the server has other definitions since it read its own export again',
      { hint: 'run "bin/encryption-settings list" on the server and see which definition is new, then run the backup again' },
    );
  }

  async sealPin(): Promise<PinSeal> {
    return sealPin(this.#pinFile('seal the pin of the encryption settings'));
  }

  /** Undefined where no pin is configured. */
  async isPinOf(seal: PinSeal): Promise<boolean | undefined> {
    const { encryptionPinFile } = this.#options;
    return encryptionPinFile === undefined ? undefined : isPinOf(encryptionPinFile, seal);
  }

  get #host(): ToolHost {
    return this.#options.toolHost ?? thisMachine;
  }

  #pinFile(attempt: string): string {
    const { encryptionPinFile } = this.#options;
    this.#home(attempt);
    if (encryptionPinFile !== undefined) return encryptionPinFile;
    throw new Failure('E_TOOL_MISSING', `Cannot ${attempt}: there is no file with a pin to seal them`, {
      hint: 'set server.encryptionPinFile',
    });
  }

  #home(attempt: string): string {
    if (this.#options.home !== undefined) return this.#options.home;
    throw new Failure('E_TOOL_MISSING', `Cannot ${attempt}: the server's root folder is not known`, {
      hint: "set server.home to the server's root folder, as rootcellar sees it",
    });
  }

  async #run(attempt: string, toolArguments: readonly string[], { signal, report }: OperationContext): Promise<readonly string[]> {
    const { exitCode, lines } = await this.#host.run({
      attempt,
      program: path.join(this.#home(attempt), 'bin', 'encryption-settings'),
      arguments: toolArguments,
      signal,
      onLine: (text) => (toolArguments[0] === 'list' ? undefined : report?.({ kind: 'note', level: 'info', text })),
    });
    if (exitCode === 0) return lines;
    const words = lines.at(-1)?.replace(/[.\s]+$/, '') ?? 'nothing';
    throw new Failure('E_TOOL_FAILED', `Cannot ${attempt}: bin/encryption-settings ended with exit code ${exitCode} and says "${words}"`, {
      hint: 'see that the pin in server.encryptionPinFile is the right one, and run the program by hand to see more',
      facts: { exitCode },
    });
  }
}

/** Of keys that are not known only their number of lines would tell something, and that is not compared. */
function namesOf(keys: EncryptionKeys): string {
  return keys.isKnown ? keys.keys.map(({ id, isPreferred }) => `${id} ${isPreferred}`).join('\n') : '';
}
