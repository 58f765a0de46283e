import { useEffect, useState } from 'preact/hooks';
import { may } from '../../api/session-state.ts';
import { endedKey, useStatus } from '../../api/status.ts';
import { listSnapshots } from '../../api/snapshots.ts';
import { useReloadAt, useResource } from '../../api/use-resource.ts';
import { Loading } from '../../parts/loading.tsx';
import { Page } from '../../parts/page.tsx';
import { ToldBefore } from '../../parts/told-before.tsx';
import { AlarmCard } from './alarm-card.tsx';
import { GrowthCard } from './growth-card.tsx';
import { HeldCard } from './held-card.tsx';
import { loadOverview } from './overview-document.ts';
import { RetentionCard } from './retention-card.tsx';
import { ServerCard } from './server-card.tsx';
import { StateCard } from './state-card.tsx';
import { TimelineCard } from './timeline-card.tsx';
import { WorkCard } from './work-card.tsx';
import './overview.css';

/** "Am I safe?", and why, and what comes next. */
export function OverviewPage() {
  const overview = useResource((signal) => loadOverview({ signal }), [], { everyMilliseconds: 15_000 });
  const status = useStatus();
  const isRead = useAfter(overview.value !== undefined || overview.failure !== undefined);
  const snapshots = useResource(isRead ? (signal) => listSnapshots({ signal }) : undefined, []);
  const ended = endedKey(status.value);
  const changed = endedKey(status.value, ['backup', 'forget', 'prune']);
  useReloadAt(overview, ended);
  useReloadAt(snapshots, changed);
  const { value } = overview;
  return (
    <Page
      title="Overview"
      actions={
        may('operator') ? (
          <a class="button" href="/runs?run=backup">
            Back up now
          </a>
        ) : undefined
      }
    >
      <ToldBefore failure={overview.failure} toldAt={overview.toldAt} />
      {value === undefined ? (
        overview.failure === undefined ? (
          <Loading what="whether you are safe" />
        ) : null
      ) : (
        <>
          <StateCard overview={value} />
          <AlarmCard alarms={value.alarms} />
          {value.servers.length > 0 ? <ServerCard servers={value.servers} /> : null}
        </>
      )}
      <WorkCard status={status} />
      <TimelineCard snapshots={snapshots.value} changed={ended} />
      {value === undefined ? null : <GrowthCard growth={value.growth} of={value.growthOf} />}
      <div class="overview-pair">
        <RetentionCard changed={changed} isReady={isRead} />
        <HeldCard snapshots={snapshots} />
      </div>
    </Page>
  );
}

/** True from the first time on: the big answer is not to wait for what stands below it. */
function useAfter(isNow: boolean): boolean {
  const [isOver, setIsOver] = useState(isNow);
  useEffect(() => {
    if (isNow) setIsOver(true);
  }, [isNow]);
  return isOver;
}
