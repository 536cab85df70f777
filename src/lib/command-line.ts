/** A command for a person to type, with the name of the playground where it is not the one that every command means unless told. */
export function commandFor(words: string, name: string): string {
  return `gitops-playground ${words}${name === 'default' ? '' : ` --name ${name}`}`;
}
