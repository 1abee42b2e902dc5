import { useEffect, useState } from 'preact/hooks';
import type { ArchiveFile, ArchiveFolder } from '../../../core/archive.ts';
import { getJson } from '../api.ts';
import { ActionButton } from '../look/action-button.tsx';
import { Card } from '../look/card.tsx';
import { Table } from '../look/table.tsx';
import { useAction } from '../look/use-action.tsx';
import { formatBytes } from '../words.ts';

/** Open folders are read again this often: the cold path writes while one looks. */
const REFRESH_MS = 3_000;

/** The archive: a tree of folders, and the file that was opened. */
export function Storage() {
  const [file, setFile] = useState<ArchiveFile>();
  const open = async (path: string) => {
    setFile(await getJson<ArchiveFile>(`api/archive/file?path=${encodeURIComponent(path)}`));
  };
  return (
    <>
      <Card title="Container archive">
        <Folder prefix="" open={open} />
      </Card>
      {file === undefined ? null : (
        <Card
          title={file.path}
          aside={
            <span class="muted">
              {formatBytes(file.bytes)}
              {file.isComplete ? '' : ', the first rows'}
            </span>
          }
        >
          <Table
            label={`Rows of ${file.path}`}
            columns={file.rows[0] ?? []}
            rows={file.rows.slice(1)}
            empty="The file holds no rows."
          />
        </Card>
      )}
    </>
  );
}

interface FolderProps {
  readonly prefix: string;
  readonly open: (path: string) => Promise<void>;
}

function Folder({ prefix, open }: FolderProps) {
  const [content, setContent] = useState<ArchiveFolder>();
  const { run } = useAction();
  const load = async () => {
    setContent(await getJson<ArchiveFolder>(`api/archive?prefix=${encodeURIComponent(prefix)}`));
  };
  useEffect(() => {
    run(load);
    // A look in vain shows itself at the next click; the tree stays as it was.
    const timer = setInterval(() => void load().catch(() => undefined), REFRESH_MS);
    return () => clearInterval(timer);
  }, [prefix]);
  if (content === undefined) return <p class="muted">Looking …</p>;
  const isEmpty = content.folders.length + content.files.length === 0;
  return (
    <ul class="tree">
      {content.folders.map((folder) => (
        <li key={folder}>
          <SubFolder prefix={folder} name={folder.slice(prefix.length)} open={open} />
        </li>
      ))}
      {content.files.map(({ path, bytes }) => (
        <li key={path}>
          <ActionButton act={() => open(path)}>{path.slice(prefix.length)}</ActionButton>{' '}
          <span class="muted">{formatBytes(bytes)}</span>
        </li>
      ))}
      {isEmpty ? <li class="muted">Nothing here yet.</li> : null}
    </ul>
  );
}

interface SubFolderProps extends FolderProps {
  readonly name: string;
}

function SubFolder({ prefix, name, open }: SubFolderProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" class="folder" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {name}
      </button>
      {isOpen ? <Folder prefix={prefix} open={open} /> : null}
    </>
  );
}
