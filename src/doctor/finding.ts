/** One line of the doctor's report. */
export interface Finding {
  /** What was looked at: `archive: write`, `server: bind`. */
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'failed';
  /** What was seen. */
  readonly text: string;
  /** What to do, where the state is not `ok`. */
  readonly fix?: string | undefined;
}
