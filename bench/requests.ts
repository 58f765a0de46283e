import { open } from 'node:fs/promises';

/** Counts the requests that versitygw has noted in its log from the byte on, by their kind: `GetObject`, `UploadPart` and so on. */
export async function countRequests(log: string, from: number): Promise<Record<string, number>> {
  await using file = await open(log);
  const text = (await file.readFile()).subarray(from).toString();
  const counts: Record<string, number> = {};
  for (const [, kind = ''] of text.matchAll(/ s3_(\w+) /g)) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
