import { StepFailure, type PipelineValue, type StepCall } from '../pipeline/host.ts';

type Args = Readonly<Record<string, PipelineValue>>;

export function isRecord(
  value: PipelineValue | undefined,
): value is { readonly [key: string]: PipelineValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An argument as text; undefined when it is absent or null. */
export function textArg(args: Args, name: string): string | undefined {
  const value = args[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'object') throw new StepFailure(`"${name}" has to be a text`);
  return String(value);
}

/** @throws StepFailure when it is absent. */
export function requiredText(call: StepCall, name: string): string {
  const text = textArg(call.args, name);
  if (text === undefined) throw new StepFailure(`the step "${call.name}" needs "${name}"`);
  return text;
}

export function flagArg(args: Args, name: string, fallback = false): boolean {
  const value = args[name];
  return value === undefined || value === null ? fallback : value === true || value === 'true';
}

export function listArg(args: Args, name: string): readonly PipelineValue[] {
  const value = args[name];
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as readonly PipelineValue[]) : [value];
}

/** What a describable like `usernamePassword(…)` or `[$class: 'GitSCM', …]` is: its symbol, or its class without package. */
export function kindOf(value: PipelineValue): string {
  const kind = isRecord(value) ? (value['$class'] ?? value['_symbol']) : undefined;
  return typeof kind === 'string' ? (kind.split('.').at(-1) ?? kind) : '';
}

/** A value as it stands in a variable of the environment, or in a form. */
export function valueText(value: PipelineValue): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
