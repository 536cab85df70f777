import type { StationId } from './stations.ts';

/** How far a stop of a journey is. `passed`: a newer commit came by first, and this one never will. */
export type StopState = 'pending' | 'active' | 'waiting' | 'done' | 'failed' | 'passed';

/** One place that a commit comes by, with the time when it did. */
export interface Stop {
  readonly id: string;
  readonly station: StationId;
  readonly title: string;
  /** The same in one word, where the stops stand side by side. */
  readonly label: string;
  readonly state: StopState;
  /** When it began or was reached, ISO 8601. */
  readonly at?: string;
  /** Milliseconds. */
  readonly took?: number;
  readonly detail?: string;
  /** Where the dashboard shows more: the part of its address after `#`. */
  readonly link?: string;
}

/** The way of one commit through the loop, as far as it has come. */
export interface Journey {
  readonly revision: string;
  readonly subject: string;
  readonly author: string;
  readonly branch: string;
  readonly state: 'travelling' | 'waiting' | 'failed' | 'arrived';
  /** The index of the stop where it is. */
  readonly at: number;
  readonly stops: readonly Stop[];
}

/** How a station is: `busy` while something happens there, `down` when it does not answer. */
export interface StationView {
  readonly id: StationId;
  readonly state: 'quiet' | 'busy' | 'attention' | 'down';
  readonly line: string;
}

export interface StageView {
  readonly stage: string;
  readonly application: string;
  readonly revision: string;
  readonly image: string;
  readonly sync: string;
  readonly health: string;
  readonly ready: number;
  readonly wanted: number;
}

/** All that the map shows. */
export interface LoopView {
  readonly stations: readonly StationView[];
  /** Newest first. */
  readonly journeys: readonly Journey[];
  readonly stages: readonly StageView[];
}

/** What has changed, so that a page that shows it asks again. */
export type Topic = 'git' | 'builds' | 'images' | 'applications' | 'cluster' | 'exercises';

/** What the server tells a page that is connected; the name of the server-sent event is its type. */
export type LiveEvent =
  | { readonly type: 'loop'; readonly loop: LoopView }
  | { readonly type: 'changed'; readonly topics: readonly Topic[] };
