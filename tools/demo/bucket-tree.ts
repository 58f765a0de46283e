import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { formatBytes } from '../../src/foundation/sizes.ts';
import { bucket, type Stage } from './stage.ts';

/** The objects of the bucket, as an S3 listing has them, drawn as folders and files with their sizes. */
export async function bucketTree({ s3 }: Stage): Promise<string[]> {
  const client = s3.client();
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
  client.destroy();
  const root: Folder = new Map();
  for (const { Key = '', Size = 0 } of Contents) place(root, Key.split('/'), Size);
  return [`s3://${bucket}/`, ...drawn(root, '')];
}

type Folder = Map<string, Folder | number>;

function place(folder: Folder, [name = '', ...rest]: readonly string[], bytes: number): void {
  if (rest.length === 0) {
    folder.set(name, bytes);
    return;
  }
  const found = folder.get(name);
  const inner = found instanceof Map ? found : new Map<string, Folder | number>();
  folder.set(name, inner);
  place(inner, rest, bytes);
}

function drawn(folder: Folder, indent: string): string[] {
  const names = [...folder];
  return names.flatMap(([name, content], index) => {
    const isLast = index === names.length - 1;
    const branch = `${indent}${isLast ? '└── ' : '├── '}${name}`;
    if (typeof content === 'number') return [`${branch.padEnd(68)} ${formatBytes(content).padStart(10)}`];
    return [`${branch}/`, ...drawn(content, `${indent}${isLast ? '    ' : '│   '}`)];
  });
}
