import type { Overview } from '../../model/documents.ts';
import { Command, View } from '../components/basics.tsx';
import { loop } from '../live.ts';
import { Board } from '../map/board.tsx';

/** What the developer does: a change, a commit, a push. */
export function DeveloperView({ overview }: { readonly overview: Overview }) {
  const { name, application } = overview;
  const option = name === 'default' ? '' : ` --name ${name}`;
  return (
    <View title="You" name="You" station="developer">
      <p class="lead">
        Change a file of <a href={`#/git/${application}`}>{application}</a>, commit and push. Everything else
        follows by itself, up to the pull request for production, which a person decides.
      </p>
      <ol class="steps">
        <li>
          <h2>Clone it, with a login that is kept in the clone</h2>
          <Command>{`npx gitops-playground clone ${application}${option}`}</Command>
        </li>
        <li>
          <h2>Change its colour</h2>
          <p>
            Open <a href={`#/git/${application}/files/src/theme.js`}>src/theme.js</a> and choose another one.
          </p>
        </li>
        <li>
          <h2>Commit and push</h2>
          <Command>{`git -C ${application} commit --all --message "Another colour"`}</Command>
          <Command>{`git -C ${application} push`}</Command>
        </li>
        <li>
          <h2>
            Watch it on <a href="#/">the map</a>
          </h2>
        </li>
      </ol>
      <h2>Pushed lately</h2>
      <Board journeys={loop.value?.journeys ?? []} />
    </View>
  );
}
