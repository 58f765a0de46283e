import { describeRanges } from '../../../test/contracts/archive-ranges.ts';
import { PlainArchive } from './plain-archive.ts';

describeRanges({
  layout: 'plain',
  open: (store, clock) => new PlainArchive(store, { clock, graceMilliseconds: 0 }),
  isContent: (key) => key.endsWith('.ldif'),
});
