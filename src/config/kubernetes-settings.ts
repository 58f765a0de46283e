import { z } from 'zod';
import { path, text, textOrDefault } from './setting-kinds.ts';

const kubernetesName = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

/** How the files of a server are moved with which no folder is shared. */
export const kubernetes = z.strictObject({
  pod: text(
    {
      description:
        "pod of the server, where no folder is shared with it: what the server writes and reads is brought through the Kubernetes API; `server.url` must be that pod's own address",
      expected: 'the name of a pod',
      example: 'pingdirectory-0',
      placeholder: 'POD',
    },
    kubernetesName,
  ),
  namespace: text(
    {
      description: "namespace of that pod; otherwise that of the service account or the kubeconfig's context",
      expected: 'the name of a namespace',
      example: 'directory',
      placeholder: 'NAMESPACE',
    },
    kubernetesName,
  ),
  container: text(
    {
      description: 'container of that pod in which the server runs; otherwise its only one, or the one that its annotation names',
      expected: 'the name of a container',
      example: 'pingdirectory',
      placeholder: 'CONTAINER',
    },
    kubernetesName,
  ),
  folder: textOrDefault(
    '/tmp',
    {
      description: 'folder of that container in which a folder of ours is made for the files of a run, with room for the largest backend',
      expected: 'a path from the root',
      example: '/opt/out',
      placeholder: 'PATH',
    },
    /^\/[^\p{Cc}]*$/u,
  ),
  kubeconfig: path({
    description: 'kubeconfig file that says how to reach the Kubernetes API; otherwise the service account of the pod that this runs in',
    example: '/etc/rootcellar/kubeconfig',
  }),
});
