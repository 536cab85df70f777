/** One component's log. Messages are plain sentences; secrets never go in. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** A log that writes `<ISO time> <LEVEL> <component>: <message>` lines to a sink. */
export function createLog(component: string, write: (line: string) => void): Log {
  const line = (level: string) => (message: string) => {
    write(`${new Date().toISOString()} ${level} ${component}: ${message}\n`);
  };
  return { info: line('INFO'), warn: line('WARN'), error: line('ERROR') };
}

/** A log that keeps nothing, for servers that run alone in a test. */
export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
