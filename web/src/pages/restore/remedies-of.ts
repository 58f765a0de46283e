import type { ApiFailure } from '../../api/api-failure.ts';
import { addressOf, type Choices } from './choices.ts';
import { initializeAddress, restoresIn, sourceIn } from './commands-in.ts';

/** Something to choose instead. */
export interface Remedy {
  readonly name: string;
  readonly address: string;
}

/** By the code of the refusal; the words of its hint name replicas and command lines. */
export function remediesOf({ code, hint }: Pick<ApiFailure, 'code' | 'hint'>, choices: Choices): readonly Remedy[] {
  const alone = { name: 'Restore this server alone', address: addressOf({ ...choices, isTopology: false }) };
  const fromExport = choices.isFromExport
    ? []
    : [{ name: 'Import its entries from the export instead', address: addressOf({ ...choices, isFromExport: true }) }];
  switch (code) {
    case 'E_REPLICATED': {
      const source = sourceIn(hint);
      return [
        ...(source === undefined
          ? []
          : [
              {
                name: `Only this replica is broken: give it the entries of ${source}`,
                address: initializeAddress(source),
              },
            ]),
        {
          name: 'All replicas are wrong: bring all of them to the state of the backup',
          address: addressOf({ ...choices, isTopology: true }),
        },
      ];
    }
    case 'E_USAGE':
    case 'E_BACKEND_NOT_REPLICATED':
      return choices.isTopology ? [alone] : [];
    case 'E_RESTORE_UNFINISHED':
      return [
        ...restoresIn(hint).map((restore) => ({ name: 'Go on with the restore that is unfinished', address: addressOf(restore) })),
        { name: 'Look at how it would be undone', address: '/restore/roll-back' },
      ];
    case 'E_KEYS_MISSING':
    case 'E_PIN_WRONG':
    case 'E_SERVER_MISMATCH':
    case 'E_SNAPSHOT_DAMAGED':
      return fromExport;
    case 'E_EXPORT_MISSING':
      return [{ name: 'Restore its backup instead', address: addressOf({ ...choices, isFromExport: false }) }];
    default:
      return [];
  }
}
