/** What the system tells of a process in `/proc/PID/stat` (Linux, proc_pid_stat(5)). */
export interface ProcessStat {
  /** Field 3: `Z` of one that has ended, and whose parent has not asked yet how. */
  readonly state: string;
  /** Field 20: of one that has ended more than one as long as some of its threads have not. */
  readonly threads: number;
  /** Field 22: when it began, in clock ticks since boot; it tells a process from another that was given the same ID. */
  readonly began: string;
}

/** Reads the text of that file. */
export function processStatOf(text: string): ProcessStat {
  // The name in field 2 may hold anything, so count from its closing parenthesis.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', threads: Number(fields[17]), began: fields[19] ?? '' };
}
