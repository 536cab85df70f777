import { spawn } from 'node:child_process';

/** A git command that ended badly; `stderr` is what git said. */
export class GitError extends Error {
  constructor(args, code, stderr) {
    super(`git ${args[0]} ended with ${code}: ${stderr.trim()}`);
    this.name = 'GitError';
    this.stderr = stderr;
  }
}

/**
 * Runs git commands. The credentials travel as a header in the environment of the one git process, only to `url`:
 * they are in no URL, no argument list, no configuration file, and so in no log.
 */
export function createGit({ url, username, password, author }) {
  const settings = {
    'core.hooksPath': '/dev/null',
    'gc.auto': '0',
    'maintenance.auto': 'false',
    'advice.detachedHead': 'false',
    'commit.gpgSign': 'false',
  };
  if (username && /^https?:/.test(url)) {
    const token = Buffer.from(`${username}:${password}`).toString('base64');
    settings[`http.${new URL(url).origin}/.extraHeader`] = `Authorization: Basic ${token}`;
  }
  const env = { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_COUNT: String(Object.keys(settings).length) };
  for (const [index, [key, value]] of Object.entries(settings).entries()) {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  for (const role of ['AUTHOR', 'COMMITTER']) {
    env[`GIT_${role}_NAME`] = author.name;
    env[`GIT_${role}_EMAIL`] = author.email;
  }

  /** Gives standard output. @throws GitError on any exit code but 0. */
  return function git(args, { cwd } = {}) {
    return new Promise((resolve, reject) => {
      const child = spawn('git', args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
      child.on('error', reject);
      child.on('close', (code) => (code === 0 ? resolve(stdout) : reject(new GitError(args, code, stderr))));
    });
  };
}

/** Whether a push failed because somebody else was faster. */
export function wasRejected(error) {
  return error instanceof GitError && /\[rejected\]|\[remote rejected\].*(lock|changed)|non-fast-forward|fetch first|cannot lock ref/s.test(error.stderr);
}
