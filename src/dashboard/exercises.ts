/** What the exercise panel needs of whoever knows the exercises; the dashboard is started with or without it. */
export interface ExerciseGuide {
  list(): Promise<readonly ExerciseEntry[]>;
  read(id: string): Promise<ExerciseText>;
  start(id: string): Promise<void>;
  check(id: string): Promise<ExerciseResult>;
  /** The next hint, or the last one again when all were shown. */
  hint(id: string): Promise<ExerciseHint>;
}

export interface ExerciseEntry {
  readonly id: string;
  readonly title: string;
  readonly state: 'open' | 'started' | 'solved';
}

export interface ExerciseText {
  readonly id: string;
  readonly title: string;
  readonly markdown: string;
  /** How many hints there are, and how many were shown. */
  readonly hints: number;
  readonly hintsShown: number;
}

export interface ExerciseResult {
  readonly exercise: string;
  readonly solved: boolean;
  readonly checks: readonly {
    readonly title: string;
    readonly passed: boolean;
    readonly seen: string;
    readonly expected: string;
  }[];
}

export interface ExerciseHint {
  readonly number: number;
  readonly of: number;
  readonly text: string;
}
