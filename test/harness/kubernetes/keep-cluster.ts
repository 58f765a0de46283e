// node test/harness/kubernetes/keep-cluster.ts [IMAGE.tar…]: starts a cluster with its S3 server and keeps it until Ctrl-C.
import { once } from 'node:events';
import { startCluster } from './cluster.ts';
import { startClusterS3 } from './cluster-s3.ts';
import { clusterProgramPath } from './programs.ts';
import { rootcellarImage } from './rootcellar-image.ts';

await using cluster = await startCluster({ images: [(await rootcellarImage()).file, ...process.argv.slice(2)] });
const s3 = await startClusterS3(cluster);
console.log(`export KUBECONFIG=${cluster.kubeconfig}
alias kubectl='nsenter --net=/run/netns/${cluster.name} ${await clusterProgramPath('kubectl')}'
# S3 for pods: ${s3.endpoint}, key ${s3.accessKeyId}, secret ${s3.secretAccessKey}, bucket backups; objects lie in ${s3.folder}
# Ctrl-C ends it`);
const forever = setInterval(() => {}, 3_600_000);
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
clearInterval(forever);
