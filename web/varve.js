// The page: sign in, upload with progress, list. No framework: what is here is all there is.
const english = {
  signIn: 'Sign in', signUp: 'Sign up', signOut: 'Sign out', userName: 'User name', password: 'Password',
  choose: 'Choose files', orDrop: ' or drop them here', yourFiles: 'Your files', noFiles: 'No files yet.',
  name: 'Name', size: 'Size', uploaded: 'Uploaded', more: 'More', reference: 'API reference',
  done: 'Done', failed: 'Failed', lost: 'The connection was lost.', left: (s) => `${s} left`,
};
const chinese = {
  signIn: '登录', signUp: '注册', signOut: '退出', userName: '用户名', password: '密码',
  choose: '选择文件', orDrop: '，或拖放到这里', yourFiles: '我的文件', noFiles: '还没有文件。',
  name: '文件名', size: '大小', uploaded: '上传时间', more: '更多', reference: 'API 文档',
  done: '完成', failed: '失败', lost: '连接已断开。', left: (s) => `剩余 ${s}`,
};
const isChinese = navigator.language.toLowerCase().startsWith('zh');
const text = isChinese ? chinese : english;
const at = (id) => document.getElementById(id);

document.documentElement.lang = isChinese ? 'zh' : 'en';
for (const element of document.querySelectorAll('[data-text]')) element.textContent = text[element.dataset.text];

let session = JSON.parse(sessionStorage.getItem('varve') ?? 'null');
let cursor = null;

function fail(message) {
  at('error').textContent = message ?? '';
  at('error').hidden = !message;
}

async function call(method, path, parameters) {
  const query = new URLSearchParams(parameters);
  const headers = session ? { Authorization: `Bearer ${session.Token}` } : {};
  const response = method === 'GET'
    ? await fetch(`${path}?${query}`, { headers })
    : await fetch(path, { method, headers, body: query });
  const answer = await response.json();
  if (!response.ok) {
    if (response.status === 401 && session) leave();
    throw new Error(answer.msg);
  }
  return { answer, headers: response.headers };
}

function show() {
  at('sign').hidden = !!session;
  at('files').hidden = at('account').hidden = !session;
  at('who').textContent = session?.Username ?? '';
  if (session) list(true);
  else document.querySelector('input[name=username]').focus();
}

function leave() {
  session = null;
  sessionStorage.removeItem('varve');
  at('uploads').replaceChildren();
  show();
}

at('signout').addEventListener('click', async () => {
  fail();
  try {
    await call('POST', '/user/signout');
  } catch (error) {
    fail(error.message);
  }
  leave();
});

at('sign-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const fields = new FormData(event.target);
  const buttons = event.target.querySelectorAll('button');
  buttons.forEach((button) => { button.disabled = true; });
  fail();
  try {
    if (event.submitter?.value === 'signup') await call('POST', '/user/signup', fields);
    session = (await call('POST', '/user/signin', fields)).answer.data;
    sessionStorage.setItem('varve', JSON.stringify(session));
    event.target.reset();
    show();
  } catch (error) {
    fail(error.message);
  } finally {
    buttons.forEach((button) => { button.disabled = false; });
  }
});

function sizeText(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(bytes ? Math.floor(Math.log2(bytes) / 10) : 0, units.length - 1);
  const number = (bytes / 1024 ** power).toLocaleString(undefined, { maximumFractionDigits: power ? 1 : 0 });
  return `${number} ${units[power]}`;
}

function timeText(seconds) {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}

function rowOf(file) {
  const link = document.createElement('a');
  const query = { filehash: file.FileHash, filename: file.FileName, username: session.Username, token: session.Token };
  link.href = `/file/download?${new URLSearchParams(query)}`;
  link.textContent = file.FileName;
  link.download = '';
  const when = new Date(`${file.LastUpdated.replace(' ', 'T')}Z`).toLocaleString();
  const row = document.createElement('tr');
  for (const content of [link, sizeText(file.FileSize), when]) {
    const cell = document.createElement('td');
    cell.append(content);
    row.append(cell);
  }
  return row;
}

async function list(fromStart) {
  try {
    const page = await call('GET', '/file/query', fromStart || !cursor ? { limit: 100 } : { limit: 100, cursor });
    const body = at('list').tBodies[0];
    if (fromStart) body.replaceChildren();
    body.append(...page.answer.map(rowOf));
    cursor = page.headers.get('x-varve-cursor');
    at('more').hidden = !cursor;
    at('empty').hidden = body.rows.length > 0;
    at('list').hidden = body.rows.length === 0;
  } catch (error) {
    fail(error.message);
  }
}

at('more').addEventListener('click', () => list(false));

function upload(file) {
  return new Promise((resolve) => {
    const entry = document.createElement('li');
    const bar = Object.assign(document.createElement('progress'), { max: 1, value: 0 });
    const note = Object.assign(document.createElement('span'), { className: 'note' });
    bar.setAttribute('aria-label', file.name);
    entry.append(file.name, bar, note);
    at('uploads').append(entry);

    const begun = performance.now();
    const request = new XMLHttpRequest();
    request.upload.addEventListener('progress', (event) => {
      const perSecond = event.loaded / ((performance.now() - begun) / 1000);
      bar.value = event.total ? event.loaded / event.total : 0;
      note.textContent = `${sizeText(event.loaded)} / ${sizeText(event.total)}, ${sizeText(perSecond)}/s, `
        + text.left(timeText((event.total - event.loaded) / perSecond));
    });
    const end = (ok, message) => {
      if (ok) bar.value = 1;
      note.textContent = message;
      note.classList.toggle('bad', !ok);
      resolve(ok);
    };
    request.addEventListener('error', () => end(false, text.lost));
    request.addEventListener('load', () => {
      if (request.status === 200) return end(true, text.done);
      if (request.status === 401) leave();
      let message = text.failed;
      try { message = JSON.parse(request.responseText).msg; } catch { /* not ours: the plain word will do */ }
      return end(false, message);
    });
    request.open('POST', '/file/upload');
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('Authorization', `Bearer ${session.Token}`);
    const form = new FormData();
    form.append('file', file);
    request.send(form);
  });
}

async function uploadAll(files) {
  fail();
  for (const file of files) {
    if (!session) return;
    if (await upload(file)) await list(true);
  }
}

at('pick').addEventListener('change', async (event) => {
  const files = [...event.target.files];
  event.target.value = '';
  await uploadAll(files);
});

const drop = at('drop');
for (const kind of ['dragenter', 'dragover', 'dragleave', 'drop'])
  drop.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.toggle('over', kind === 'dragenter' || kind === 'dragover');
  });
drop.addEventListener('drop', (event) => uploadAll([...event.dataTransfer.files]));
drop.addEventListener('submit', (event) => event.preventDefault());

show();
