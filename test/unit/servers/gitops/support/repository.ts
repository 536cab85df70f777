import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A real Git repository on disk, with commits made from maps of files. */
export class TestRepository {
  readonly folder: string;

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'gitops-repo-'));
    this.git('init', '-q', '-b', 'main');
  }

  get url(): string {
    return `file://${this.folder}`;
  }

  git(...args: string[]): string {
    return execFileSync('git', ['-c', 'user.name=Dev', '-c', 'user.email=dev@example.test', ...args], {
      cwd: this.folder,
      encoding: 'utf8',
      env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
    }).trim();
  }

  /** Writes files (undefined deletes one) and commits them; gives the commit's id. */
  commit(files: Readonly<Record<string, string | undefined>>, message = 'Change'): string {
    for (const [path, content] of Object.entries(files)) {
      const file = join(this.folder, path);
      if (content === undefined) {
        rmSync(file);
      } else {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, content);
      }
    }
    this.git('add', '-A');
    this.git('commit', '-q', '--allow-empty', '-m', message);
    return this.git('rev-parse', 'HEAD');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
