import { useEffect, useRef, useState } from 'preact/hooks';
import type { StationId } from '../../model/stations.ts';
import { wayBetween, type Layout } from './layout.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Milliseconds for one track, and at most for a whole way: what happens next does not wait. */
const TRACK_TIME = 420;
const WAY_TIME = 750;

const calm = matchMedia('(prefers-reduced-motion: reduce)');

/**
 * Where a commit stands on the map: in its station's dock, or on the tracks while it moves on. Who wants no motion sees it
 * stand.
 */
export function useTravel(
  layout: Layout,
  station: StationId,
  dock: Point,
): Point & { readonly isMoving: boolean } {
  const last = useRef<{ station: StationId; layout: Layout }>({ station, layout });
  const [moving, setMoving] = useState<Point>();
  useEffect(() => {
    const from = last.current;
    last.current = { station, layout };
    if (from.station === station || from.layout !== layout || calm.matches) {
      setMoving(undefined);
      return undefined;
    }
    const way = wayBetween(layout, from.station, station).map(({ track, backwards }) => {
      const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
      path.setAttribute('d', track.path);
      return { path, length: path.getTotalLength(), backwards };
    });
    // What has arrived goes on from the pull request without running back along the line.
    if (from.station === 'cluster' || way.length === 0) {
      setMoving(undefined);
      return undefined;
    }
    const legTime = Math.min(TRACK_TIME, WAY_TIME / way.length);
    const started = performance.now();
    let frame = 0;
    const step = (time: number) => {
      const progress = Math.max(0, time - started) / legTime;
      const leg = way[Math.floor(progress)];
      if (leg === undefined) {
        setMoving(undefined);
        return;
      }
      const eased = ease(progress % 1);
      const { x, y } = leg.path.getPointAtLength(leg.length * (leg.backwards ? 1 - eased : eased));
      setMoving({ x, y });
      frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
    return () => {
      cancelAnimationFrame(frame);
    };
  }, [station, layout]);
  return moving === undefined ? { ...dock, isMoving: false } : { ...moving, isMoving: true };
}

function ease(progress: number): number {
  return progress < 0.5 ? 2 * progress * progress : 1 - (-2 * progress + 2) ** 2 / 2;
}
