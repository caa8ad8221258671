// SPDX-License-Identifier: MIT
// tables.js - headline figures, tables of cost, settings.

// figure: where the value stands in the model, "metrics.bytes.h2d"; kept on the element.
function card(title, figure, value, text, note, modelled) {
    return element('div', {class: 'card'},
                   element('dt', {}, title, ...(modelled ? [' ', modelledMark()] : [])),
                   element('dd', {class: 'figure', 'data-figure': figure, 'data-value': value},
                           text),
                   note ? element('dd', {class: 'note'}, note) : null);
}

function headline(model) {
    const m = model.metrics;
    const copyNs = m.move_ns.h2d + m.move_ns.d2h + m.move_ns.d2d;
    const cards = [
        card('Duration', 'metrics.duration_ns', m.duration_ns, formatTime(m.duration_ns),
             'first to last record'),
        card('Device faults', 'metrics.faults.device', m.faults.device,
             formatCount(m.faults.device), formatCount(m.far_faults) + ' far faults on both sides'),
        card('Host faults', 'metrics.faults.host', m.faults.host, formatCount(m.faults.host),
             formatCount(m.duplicate_faults) + ' duplicates on both sides'),
        card('Moved to devices', 'metrics.bytes.h2d', m.bytes.h2d, formatBytes(m.bytes.h2d),
             'copying ' + formatTime(m.move_ns.h2d) + ', measured'),
        card('Moved to the host', 'metrics.bytes.d2h', m.bytes.d2h, formatBytes(m.bytes.d2h),
             'copying ' + formatTime(m.move_ns.d2h) + ', measured'),
        m.bytes.d2d ? card('Moved between devices', 'metrics.bytes.d2d', m.bytes.d2d,
                           formatBytes(m.bytes.d2d), null) : null,
        card('Amplification', 'metrics.amplification', m.amplification,
             formatRatio(m.amplification),
             'bytes moved / touched (' + formatBytes(m.distinct_bytes) + ')'),
        card('Serving faults', 'metrics.service_ns', m.service_ns, formatTime(m.service_ns),
             'measured; copying in all ' + formatTime(copyNs)),
        card('Evictions', 'metrics.evictions_dirty', m.evictions_dirty,
             formatCount(m.evictions_dirty + m.evictions_clean),
             'blocks; ' + formatCount(m.evictions_dirty) + ' written back, ' +
                 formatBytes(m.bytes_written_back)),
        card('Thrashed pages', 'metrics.thrashed_pages', m.thrashed_pages,
             formatCount(m.thrashed_pages), formatCount(m.round_trips) + ' round trips of blocks'),
    ];

    if (model.modelled)
        cards.push(card('Link time', 'metrics.modelled_ns.h2d', m.modelled_ns.h2d,
                        formatTime(m.modelled_ns.h2d + m.modelled_ns.d2h + m.modelled_ns.d2d),
                        'busy to devices ' + formatPercent(m.link_busy.h2d) +
                            ', to the host ' + formatPercent(m.link_busy.d2h), true));
    return cards.filter((c) => c);
}

function measures(model) {
    const m = model.metrics;

    return factsTable('Not known: the trace lacks records of a kind that is needed', [
        ['Bytes by demand', formatBytes(m.bytes_demand)],
        ['by prefetch', formatBytes(m.bytes_prefetch)],
        ['by eviction', formatBytes(m.bytes_eviction)],
        ['by other causes', formatBytes(m.bytes_other)],
        ['Batches of faults', formatCount(m.batches) + ', ' + formatRatio(m.batch_faults) +
            ' faults each'],
        ['Prefetched pages', formatCount(m.prefetched_pages)],
        ['Prefetch accuracy', formatPercent(m.prefetch_accuracy)],
        ['Prefetch coverage', formatPercent(m.prefetch_coverage)],
        ['Accesses without a fault', formatPercent(m.hit_rate)],
        ['Evicted blocks: resident', formatPercent(m.occupancy)],
        ['Evicted blocks: touched', formatPercent(m.utilisation)],
    ]);
}

function causesTable(model) {
    const m = model.metrics;

    return table('One event is one change of one block', [
        {title: 'Cause', text: true}, {title: 'Events'}, {title: 'Pages'}, {title: 'Bytes'},
    ], Object.entries(m.events).filter(([, events]) => events).map(([cause, events]) =>
        [cause, formatCount(events), formatCount(m.event_pages[cause]),
         formatBytes(m.bytes_by_cause[cause])]));
}

// ---- cost ------------------------------------------------------------------------------------

function costColumns(model) {
    return [{title: 'Device faults'}, {title: 'Host faults'}, {title: 'To devices'},
            {title: 'To host'}, {title: 'Copying, measured'},
            ...(model.modelled ? [{title: 'Link', modelled: true}] : []),
            {title: 'Evictions'}];
}

function costCells(model, cost, mostNs) {
    const bar = mostNs ? element('span', {class: 'part', 'aria-hidden': 'true',
                                          style: `width:${100 * cost.copy_ns / mostNs}%`}) : null;

    return [formatCount(cost.faults_device), formatCount(cost.faults_host),
            formatBytes(cost.bytes.h2d), formatBytes(cost.bytes.d2h),
            element('span', {}, formatTime(cost.copy_ns), bar),
            ...(model.modelled ? [formatTime(cost.modelled_ns)] : []),
            formatCount(cost.evictions)];
}

// first: the columns before those of cost; cells(row) fills them, behind(row) those behind.
function costTable(model, part, caption, first, cells, last = [], behind = () => []) {
    const rows = part.row, mostNs = Math.max(0, ...rows.map((row) => row.cost.copy_ns));
    const body = rows.map((row) => [...cells(row), ...costCells(model, row.cost, mostNs),
                                    ...behind(row)]);

    if (part.count > rows.length)
        body.push([formatCount(part.count - rows.length) + ' others',
                   ...first.slice(1).map(() => ''), ...costCells(model, part.others, 0),
                   ...last.map(() => '')]);
    return table(caption, [...first, ...costColumns(model), ...last], body);
}

function causeList(causes) {
    const ordered = [...causes].sort((a, b) => b.bytes - a.bytes || b.events - a.events);

    return element('ul', {class: 'causes'}, ...ordered.slice(0, 4).map((c) =>
        element('li', {}, c.cause + ' ' + formatCount(c.events) + '×' +
            (c.bytes ? ', ' + formatBytes(c.bytes) : ''))));
}

function regionsTable(model) {
    return costTable(model, model.regions, 'By time spent copying, then bytes; causes with how often and how much', [
        {title: 'Region', text: true}, {title: 'Size'},
    ], (row) => [row.name, row.size_bytes === null ? '–' : formatBytes(row.size_bytes)],
    [{title: 'Causes', text: true}], (row) => [causeList(row.causes)]);
}

function kernelsTable(model) {
    return costTable(model, model.kernels, 'Events and faults name the kernel that touched', [
        {title: 'Kernel', text: true}, {title: 'Device', text: true}, {title: 'Launches'},
        {title: 'Running'},
    ], (row) => [row.name, row.processor,
                 formatCount(row.launches) + (row.failed ? ', ' + row.failed + ' failed' : ''),
                 row.launches ? formatTime(row.busy_ns) : '–']);
}

function phasesTable(model, view) {
    const start = model.timeline.start_ns, length = view.length;
    const rows = [...model.phases.row].sort((a, b) => a.start_ns - b.start_ns);

    return costTable(model, {...model.phases, row: rows}, 'In order of time', [
        {title: 'Phase', text: true}, {title: 'Device', text: true}, {title: 'Starts at'},
        {title: 'Launches'}, {title: 'Running'},
    ], (row) => [phaseButton(row, view), row.processor, formatMoment(row.start_ns - start, length),
                 formatCount(row.launches), row.launches ? formatTime(row.busy_ns) : '–']);
}

// A phase's name zooms the timeline to it.
function phaseButton(row, view) {
    const start = view.model.timeline.start_ns;
    const button = element('button', {type: 'button', title: 'Show in the timeline'}, row.kernel);

    button.addEventListener('click', () => {
        view.set(row.start_ns - start, Math.max(row.end_ns, row.start_ns + 1) - start);
        document.getElementById('timeline').scrollIntoView();
        document.querySelector('.chart').focus({preventScroll: true});
    });
    return button;
}

function worstTable(model) {
    return table('Neighbouring pages that moved equally often share a row; moves of each page', [
        {title: 'Address', text: true}, {title: 'Pages'}, {title: 'Moves to devices'},
        {title: 'Moves to the host'}, {title: 'Region', text: true},
    ], model.worst.map((w) => [element('span', {class: 'address'}, w.address),
                               formatCount(w.pages), formatCount(w.to_device),
                               formatCount(w.to_host), w.region]));
}

// ---- settings --------------------------------------------------------------------------------

function settingsTable(model) {
    const capacity = (p) => (p.capacity_bytes ? formatBytes(p.capacity_bytes) : 'no limit') +
        (p.workers ? ', ' + p.workers + ' worker' + (p.workers > 1 ? 's' : '') : '');

    return factsTable('The run', [
        ...model.run.settings.map((s) => [s.key, s.value]),
        ...model.run.processors.map((p) => [p.name, p.kind + ', memory: ' + capacity(p)]),
        ['space', formatBytes(model.run.space_bytes) + ' at ' + model.run.space_start],
        ['process', String(model.run.pid)],
    ]);
}

function traceTable(model) {
    const check = {agrees: 'equal to the sums of all records', differs: 'differ, see above',
                   absent: 'not in the trace'};

    return factsTable('The trace', [
        ['file', model.trace.file + ', ' + formatBytes(model.trace.file_bytes)],
        ...Object.entries(model.trace.records).map(([kind, n]) => [kind + ' records',
                                                                   formatCount(n)]),
        ['runtime\'s own counters', check[model.check.result]],
    ]);
}

function repeatBlock(model) {
    return model.run.repeat
        ? [element('p', {class: 'hint'}, 'To repeat the run, as far as the trace tells:'),
           element('pre', {class: 'command'}, element('code', {}, model.run.repeat))] : [];
}

function notices(model) {
    const list = [];

    if (model.trace.truncated)
        list.push('The end of the trace is missing: the program was killed while it wrote it.');
    if (model.trace.damage)
        list.push('The trace is damaged and was read up to there: ' + model.trace.damage);
    for (const [kind, count] of Object.entries(model.trace.dropped))
        list.push(formatCount(count) + ' ' + kind +
                  ' records were dropped: the figures below are too small.');
    for (const d of model.check.differences)
        list.push(d.name + ': the runtime counted ' + formatCount(d.counted) +
                  ', the records sum up to ' + formatCount(d.summed) + '.');
    if (model.heat.untracked)
        list.push('The map leaves out blocks: more memory was touched than it keeps track of.');
    return list.map((text) => element('p', {class: 'notice'}, text));
}
