import { useState } from 'preact/hooks';
import { getJson, keepKey, post } from '../api.ts';
import { Command, ProblemNote } from '../components/basics.tsx';
import { useAction, useDocument } from '../documents.ts';

/** What a browser without the playground's key sees: how to get it. */
export function LoginView() {
  const [password, setPassword] = useState('');
  const { data } = useDocument<{ name: string }>('/api/name', []);
  const login = useAction(async () => {
    const { key } = await post<{ key: string }>('/api/login', { password });
    await getJson('/api/name');
    keepKey(key);
  });
  const name = data?.name ?? 'default';
  return (
    <main class="login">
      <p class="brand">
        <span class="brand-ring" aria-hidden="true" />
        <span>gitops-playground</span>
      </p>
      <h1>The playground {name}</h1>
      <p>
        Repositories, logs and buttons are for whoever runs this playground. Open the dashboard from a
        terminal:
      </p>
      <Command>{`npx gitops-playground open${name === 'default' ? '' : ` --name ${name}`}`}</Command>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          login.run();
        }}
      >
        <label>
          Or log in with the password of the playground
          <input
            type="password"
            autocomplete="current-password"
            value={password}
            onInput={({ currentTarget }) => {
              setPassword(currentTarget.value);
            }}
          />
        </label>
        <button type="submit" class="primary" disabled={login.isRunning || password === ''}>
          Log in
        </button>
      </form>
      <ProblemNote problem={login.problem} />
    </main>
  );
}
