import path from 'node:path';
import { Failure } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { runTool } from './run-tool.ts';

export interface EncryptionSettingsOptions {
  /** The server's root folder, as this process sees it. */
  readonly home?: string | undefined;
  readonly encryptionPinFile?: string | undefined;
}

/** PingDirectory's `bin/encryption-settings`: the only way to take its definitions out and in again. */
export class EncryptionSettingsTool {
  readonly #options: EncryptionSettingsOptions;

  constructor(options: EncryptionSettingsOptions) {
    this.#options = options;
  }

  /** Writes all definitions, sealed with the pin, into `outputFile`. */
  async exportTo(outputFile: string, options: OperationContext): Promise<void> {
    await this.#run('export the encryption settings', (pinFile) => ['export', '--output-file', outputFile, '--pin-file', pinFile], options);
  }

  /** Adds the definitions; which one is preferred stays as it is. */
  async importFrom(inputFile: string, options: OperationContext): Promise<void> {
    await this.#run('import the encryption settings', (pinFile) => ['import', '--input-file', inputFile, '--pin-file', pinFile], options);
  }

  async #run(attempt: string, toolArguments: (pinFile: string) => readonly string[], { signal, report }: OperationContext): Promise<void> {
    const { home, encryptionPinFile } = this.#options;
    if (home === undefined || encryptionPinFile === undefined) {
      const absent = home === undefined ? "the server's root folder is not known" : 'there is no file with a pin to seal them';
      const hint =
        home === undefined ? "set server.home to the server's root folder, as rootcellar sees it" : 'set server.encryptionPinFile';
      throw new Failure('E_TOOL_MISSING', `Cannot ${attempt}: ${absent}`, { hint });
    }
    const { exitCode, lines } = await runTool({
      attempt,
      program: path.join(home, 'bin', 'encryption-settings'),
      arguments: toolArguments(encryptionPinFile),
      signal,
      onLine: (text) => report?.({ kind: 'note', level: 'info', text }),
    });
    if (exitCode === 0) return;
    const words = lines.at(-1)?.replace(/[.\s]+$/, '') ?? 'nothing';
    throw new Failure('E_TOOL_FAILED', `Cannot ${attempt}: bin/encryption-settings ended with exit code ${exitCode} and says "${words}"`, {
      hint: 'see that the pin in server.encryptionPinFile is the right one, and run the program by hand to see more',
      facts: { exitCode },
    });
  }
}
