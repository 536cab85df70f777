import type { Output } from './output.ts';

/** Asks before something is lost, on a terminal only: scripts and pipes mean what they say. */
export async function confirm(output: Output, question: string, yes: boolean): Promise<boolean> {
  if (yes || output.json || !output.interactive || !process.stdin.isTTY) return true;
  const { confirm: ask } = await import('@inquirer/prompts');
  return ask({ message: question, default: false });
}
