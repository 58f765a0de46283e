import { describeResticAfterOurs } from '../contracts/restic-after-ours.ts';
import { interopBuckets, interopFolders } from '../harness/interop-places.ts';

describeResticAfterOurs('a folder', interopFolders);
describeResticAfterOurs('a bucket of versitygw', interopBuckets);
