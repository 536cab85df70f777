/** The steps of the flow are tasks like those of an engine; how tasks run is no matter of the flow. */
export {
  everyTime,
  inOrder,
  Interruption,
  runTasks,
  type Durations,
  type Task,
  type TaskContext,
  type TaskEvent,
} from '../lib/task.ts';
