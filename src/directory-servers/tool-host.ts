import { runTool, type ToolCall, type ToolEnd } from './run-tool.ts';

/** Where the server's own programs run. */
export interface ToolHost {
  /** Runs a program to its end, as {@link runTool}. */
  run(call: ToolCall): Promise<ToolEnd>;

  /** Does `work` while the files, which hold secrets and lie on this machine, are where the programs can read them: under the names that it is given, in the same order. */
  withSecretFiles<Result>(files: readonly string[], work: (seenFiles: readonly string[]) => Promise<Result>): Promise<Result>;
}

/** This machine, which sees the server's own files. */
export const thisMachine: ToolHost = { run: runTool, withSecretFiles: (files, work) => work(files) };
