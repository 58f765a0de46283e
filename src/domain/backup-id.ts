/** The ID of a run that begins at `moment`: UTC to the second, `20261123104646Z`, as the servers' own tools name backups. */
export function backupIdAt(moment: Date): string {
  return `${moment.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`;
}

/** The moment that such an ID names, or undefined for any other. */
export function momentOfBackupId(backupId: string): Date | undefined {
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d+)?Z$/.exec(backupId);
  if (found === null) return undefined;
  const [, year, month, day, hour, minute, second] = found;
  const moment = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // JavaScript reads 30 February as 2 March: only what is written back as it was read is a moment.
  if (Number.isNaN(moment.getTime()) || !backupId.startsWith(backupIdAt(moment).slice(0, -1))) return undefined;
  return moment;
}
