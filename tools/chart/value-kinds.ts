import { z } from 'zod';

/** What Kubernetes itself checks. */
export const kubernetesObject = z.record(z.string(), z.unknown());
export const kubernetesList = z.array(kubernetesObject);

export const named = z.strictObject({ name: z.string().min(1) });

/** A name that speaks of a secret. One that ends otherwise than with it names a file, a role or an ID. */
const speaksOfSecret = '(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|KEY|PIN)$';
const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/);

/** Environment variables; one whose name speaks of a secret has no value in the values, but comes from a Secret. */
export const variables = z.array(
  z.union([
    z.strictObject({ name: variableName, valueFrom: kubernetesObject }),
    z.strictObject({ name: variableName.meta({ not: { pattern: speaksOfSecret } }), value: z.string() }),
  ]),
);
