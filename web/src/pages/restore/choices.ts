/** What somebody has chosen on the way to a restore; all of it stands in the address, so it can be left, come back to, and sent to another. */
export interface Choices {
  readonly step: Step;
  /** The full ID: what `latest` is may change while one reads. */
  readonly snapshot: string | undefined;
  /** RFC 3339: since when entries are lost or wrong; it only helps to choose. */
  readonly lostSince: string | undefined;
  /** Empty: every backend that holds users' entries. */
  readonly backends: readonly string[];
  readonly isFromExport: boolean;
  readonly isTopology: boolean;
  readonly isKeptWritable: boolean;
  readonly isAllAtOnce: boolean;
  readonly isStoppedOnFailure: boolean;
}

export const steps = ['why', 'snapshot', 'what', 'plan'] as const;
export type Step = (typeof steps)[number];

export const noChoices: Choices = {
  step: 'why',
  snapshot: undefined,
  lostSince: undefined,
  backends: [],
  isFromExport: false,
  isTopology: false,
  isKeptWritable: false,
  isAllAtOnce: false,
  isStoppedOnFailure: false,
};

const flags = {
  isFromExport: '--from-export',
  isTopology: '--topology',
  isKeptWritable: '--keep-writable',
  isAllAtOnce: '--all-at-once',
  isStoppedOnFailure: '--stop-on-failure',
} as const;

type FlagName = keyof typeof flags;

const flagNames = Object.keys(flags) as readonly FlagName[];

/** Reads the choices of an address; what is none counts as not chosen. */
export function choicesOf(url: string): Choices {
  const query = new URLSearchParams(url.split('?')[1] ?? '');
  const snapshot = query.get('snapshot') ?? undefined;
  const wanted = steps.find((step) => step === query.get('step')) ?? 'why';
  return {
    ...noChoices,
    // Nothing can be shown of no snapshot.
    step: snapshot === undefined && (wanted === 'what' || wanted === 'plan') ? 'snapshot' : wanted,
    snapshot,
    lostSince: query.get('lost-since') ?? undefined,
    backends: query.getAll('backend'),
    ...flagsWhere((flag) => query.has(flag.slice(2))),
  };
}

/** The address of these choices. */
export function addressOf(choices: Choices): string {
  const query = new URLSearchParams();
  if (choices.step !== 'why') query.set('step', choices.step);
  if (choices.snapshot !== undefined) query.set('snapshot', choices.snapshot);
  if (choices.lostSince !== undefined) query.set('lost-since', choices.lostSince);
  for (const backend of choices.backends) query.append('backend', backend);
  for (const name of flagNames) if (choices[name]) query.set(flags[name].slice(2), 'yes');
  const text = query.toString();
  return text === '' ? '/restore' : `/restore?${text}`;
}

/** The words of the command after `restore`, without `--plan` or `--yes`. */
export function wordsOf(choices: Choices): readonly string[] {
  const { snapshot, backends, isTopology } = choices;
  const ofTopology: readonly FlagName[] = ['isKeptWritable', 'isAllAtOnce', 'isStoppedOnFailure'];
  const told = flagNames.filter((name) => choices[name] && (isTopology || !ofTopology.includes(name)));
  return [
    ...(snapshot === undefined ? [] : [snapshot]),
    ...backends.map((backend) => `--backend=${backend}`),
    ...told.map((name) => flags[name]),
  ];
}

/** The choices that a command line `restore …` was made of; undefined where it is another command. */
export function choicesOfWords(words: readonly string[]): Choices | undefined {
  const [name, ...rest] = words.filter((word) => word !== '--json' && word !== '--quiet');
  if (name !== 'restore') return undefined;
  const backends = rest.flatMap((word, index) => {
    if (word.startsWith('--backend=')) return [word.slice('--backend='.length)];
    return word === '--backend' ? [rest[index + 1] ?? ''] : [];
  });
  const snapshot = rest.find((word, index) => !word.startsWith('--') && rest[index - 1] !== '--backend' && rest[index - 1] !== '--server');
  return { ...noChoices, step: 'plan', snapshot, backends, ...flagsWhere((flag) => rest.includes(flag)) };
}

function flagsWhere(isGiven: (flag: string) => boolean): Pick<Choices, FlagName> {
  return {
    isFromExport: isGiven(flags.isFromExport),
    isTopology: isGiven(flags.isTopology),
    isKeptWritable: isGiven(flags.isKeptWritable),
    isAllAtOnce: isGiven(flags.isAllAtOnce),
    isStoppedOnFailure: isGiven(flags.isStoppedOnFailure),
  };
}
