/* Live code: the cells of a page run on a Binder, in the reader's own copy, nothing installed.
   Loaded only where the book was built with the address of a Binder; nothing is asked of it before the reader asks. */
(() => {
  const script = document.currentScript;
  const cells = [...document.querySelectorAll('.bd-article .cell')].filter((cell) => cell.querySelector('.cell_input pre'));
  const heading = document.querySelector('.bd-article h1');
  if (!cells.length || !heading) return;

  const make = (tag, name, text) => {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text) made.textContent = text;
    return made;
  };
  const start = make('button', 'rb-live', 'Run the code of this page');
  const said = make('p', 'rb-live-said');
  start.type = 'button';
  said.setAttribute('role', 'status');
  heading.after(start, said);
  const say = (words) => { said.textContent = words; };

  /* Ask the Binder for a server: it builds the environment, or finds it built, and says where the server is. */
  const server = () => new Promise((found, failed) => {
    const events = new EventSource(script.dataset.build);
    events.onmessage = (event) => {
      const news = JSON.parse(event.data);
      if (news.phase === 'ready') { events.close(); found(news); }
      else if (news.phase === 'failed') { events.close(); failed(new Error(news.message || 'it could not build the environment')); }
      else say(`Binder: ${news.phase || 'waiting'}. The first time takes minutes.`);
    };
    events.onerror = () => { events.close(); failed(new Error('it does not answer')); };
  });

  const connect = async () => {
    const { url, token } = await server();
    const asked = await fetch(`${url}api/kernels?token=${encodeURIComponent(token)}`, {
      method: 'POST', body: JSON.stringify({ name: 'python3', path: 'chapters' }),
    });
    if (!asked.ok) throw new Error(`its server answers ${asked.status}`);
    const { id } = await asked.json();
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}api/kernels/${id}/channels?token=${encodeURIComponent(token)}`);
    await new Promise((opened, failed) => { socket.onopen = opened; socket.onerror = () => failed(new Error('no connection')); });
    return socket;
  };

  const show = (output, kind, content) => {
    const box = make('div', 'output');
    const data = content.data || {};
    if (kind === 'stream') box.append(make('pre', '', content.text));
    else if (kind === 'error') box.append(make('pre', 'rb-live-error', `${content.ename}: ${content.evalue}`));
    else if (data['image/png']) { const image = make('img'); image.alt = ''; image.src = `data:image/png;base64,${data['image/png']}`; box.append(image); }
    else if (data['text/html']) {
      /* Parsed apart, without scripts, handlers and styles of its own, which the policy of the page forbids anyway. */
      const parsed = new DOMParser().parseFromString(data['text/html'], 'text/html');
      parsed.querySelectorAll('script, style, .rb-live').forEach((node) => node.remove());
      parsed.querySelectorAll('*').forEach((node) => [...node.attributes].forEach((a) => { if (/^on|^style$/.test(a.name)) node.removeAttribute(a.name); }));
      box.classList.add('text_html');
      box.append(...parsed.body.childNodes);
    } else if (data['text/plain']) box.append(make('pre', '', data['text/plain']));
    if (box.childNodes.length) output.append(box);
  };

  const run = (socket, cell) => new Promise((done) => {
    const id = crypto.randomUUID();
    let output = cell.querySelector('.cell_output');
    if (!output) { output = make('div', 'cell_output docutils container'); cell.append(output); }
    output.replaceChildren();
    cell.setAttribute('aria-busy', 'true');
    let failed = false;
    const listen = (event) => {
      const message = JSON.parse(event.data);
      if (message.parent_header.msg_id !== id) return;
      const kind = message.header.msg_type;
      if (['stream', 'display_data', 'execute_result', 'error'].includes(kind)) show(output, kind, message.content);
      failed ||= kind === 'error';
      if (kind === 'status' && message.content.execution_state === 'idle') {
        socket.removeEventListener('message', listen);
        cell.removeAttribute('aria-busy');
        done(!failed);
      }
    };
    socket.addEventListener('message', listen);
    const code = cell.querySelector('.cell_input pre').textContent;
    socket.send(JSON.stringify({
      channel: 'shell', parent_header: {}, metadata: {}, buffers: [],
      header: { msg_id: id, msg_type: 'execute_request', username: '', session: 'page', version: '5.3' },
      content: { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false, stop_on_error: true },
    }));
  });

  start.addEventListener('click', async () => {
    start.disabled = true;
    say('Asking the Binder for a server');
    try {
      const socket = await connect();
      socket.addEventListener('close', () => { say('The server has ended.'); start.disabled = false; });
      const buttons = cells.map((cell) => {
        const code = cell.querySelector('.cell_input pre');
        code.contentEditable = 'plaintext-only';
        code.setAttribute('role', 'textbox');
        code.setAttribute('aria-multiline', 'true');
        code.setAttribute('aria-label', 'Code of this cell');
        const button = cell.querySelector('.rb-live-run') || make('button', 'rb-live rb-live-run', 'Run this cell');
        button.type = 'button';
        button.onclick = async () => { button.disabled = true; await run(socket, cell); button.disabled = false; };
        cell.querySelector('.cell_input').append(button);
        return button;
      });
      for (const [number, cell] of cells.entries()) {
        say(`Running cell ${number + 1} of ${cells.length}`);
        buttons[number].disabled = true;
        const whole = await run(socket, cell);
        buttons[number].disabled = false;
        if (!whole) { say(`Cell ${number + 1} stopped with an error, shown below it. Change it and run it again.`); return; }
      }
      say(`All ${cells.length} cells have run. Change one and run it again.`);
    } catch (error) {
      say(`No live code: ${error.message}.`);
      start.disabled = false;
    }
  });
})();
