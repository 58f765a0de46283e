import { z } from 'zod';

/**
 * A salted scrypt (RFC 7914) of a pin. It tells whether another pin is the same without holding it, and costs a guess 32 MiB and about a tenth of a
 * second: whoever holds the set has the export that the pin seals, and could guess at that as well.
 */
export const pinSealSchema = z.object({
  salt: z.string().regex(/^[0-9a-f]{32}$/),
  scrypt: z.string().regex(/^[0-9a-f]{64}$/),
});

export type PinSeal = z.infer<typeof pinSealSchema>;
