/** A metric as it was sent. */
export interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly kind: 'gauge' | 'sum';
  readonly isMonotonic: boolean;
  /** 2: since the start of the process. */
  readonly temporality: number | undefined;
  readonly points: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number; readonly time: Date }[];
}

export interface OtlpRequest {
  readonly resource: Readonly<Record<string, string>>;
  readonly metrics: readonly OtlpMetric[];
}

/** Reads an ExportMetricsServiceRequest of one resource and scope, by the numbers of its fields in opentelemetry-proto's metrics.proto. */
export function readOtlp(bytes: Uint8Array): OtlpRequest {
  const resourceMetrics = message(fieldsOf(Buffer.from(bytes)), 1);
  const scopeMetrics = message(resourceMetrics, 2);
  return { resource: labelsOf(message(resourceMetrics, 1), 1), metrics: all(scopeMetrics, 2).map((metric) => metricOf(fieldsOf(metric))) };
}

function metricOf(fields: Fields): OtlpMetric {
  const [gauge, sum] = [all(fields, 5)[0], all(fields, 7)[0]];
  const data = fieldsOf(gauge ?? sum ?? Buffer.alloc(0));
  return {
    name: String(fields.get(1)?.[0] ?? ''),
    unit: String(fields.get(3)?.[0] ?? ''),
    kind: gauge === undefined ? 'sum' : 'gauge',
    isMonotonic: data.get(3)?.[0] === 1n,
    temporality: data.has(2) ? Number(data.get(2)?.[0]) : undefined,
    points: all(data, 1).map((point) => {
      const of = fieldsOf(point);
      const [value] = all(of, 4);
      const [time] = all(of, 3);
      return {
        labels: labelsOf(of, 7),
        value: value?.readDoubleLE() ?? Number.NaN,
        time: new Date(Number((time?.readBigUInt64LE() ?? 0n) / 1_000_000n)),
      };
    }),
  };
}

function labelsOf(fields: Fields, field: number): Record<string, string> {
  const pairs = all(fields, field).map((pair) => {
    const of = fieldsOf(pair);
    return [String(of.get(1)?.[0]), String(message(of, 2).get(1)?.[0])] as const;
  });
  return Object.fromEntries(pairs);
}

type Fields = ReadonlyMap<number, readonly (Buffer | bigint)[]>;

function message(fields: Fields, field: number): Fields {
  return fieldsOf(all(fields, field)[0] ?? Buffer.alloc(0));
}

function all(fields: Fields, field: number): Buffer[] {
  return (fields.get(field) ?? []).filter((value) => Buffer.isBuffer(value));
}

/** The wire format of protocol buffers: a key with the field's number and kind, then its content. */
function fieldsOf(bytes: Buffer): Fields {
  const fields = new Map<number, (Buffer | bigint)[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at];
      if (byte === undefined) throw new Error('the message ends in the middle of a number');
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new Error('the message ends in the middle of a field');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const kind = key & 7;
    const value = kind === 0 ? varint() : kind === 1 ? take(8) : kind === 2 ? take(Number(varint())) : kind === 5 ? take(4) : undefined;
    if (value === undefined) throw new Error(`no field is of the kind ${kind}`);
    fields.set(key >> 3, [...(fields.get(key >> 3) ?? []), value]);
  }
  return fields;
}
