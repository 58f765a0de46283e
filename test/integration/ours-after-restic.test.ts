import { describeOursAfterRestic } from '../contracts/ours-after-restic.ts';
import { interopBuckets, interopFolders } from '../harness/interop-places.ts';

describeOursAfterRestic('a folder', interopFolders);
describeOursAfterRestic('a bucket of versitygw', interopBuckets);
