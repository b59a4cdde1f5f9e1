-- Runs once in every machine. Makes what scripts see: a chosen part of Lua's own functions and the natives, none of which they can
-- change, and no global variables but KEYS and ARGV.
--
-- Scripts get empty stand-ins in place of the tables themselves: reading goes through to the table, writing is refused. `original`
-- knows the table behind a stand-in.
local natives, getinfo = ...
local raw = {}
for name, value in pairs(_G) do raw[name] = value end

local error, type, tostring, next, pairs, rawget, rawset, setmetatable, getmetatable, pcall, xpcall =
    error, type, tostring, next, pairs, rawget, rawset, setmetatable, getmetatable, pcall, xpcall
local sub = string.sub
local original = setmetatable({}, {__mode = 'k'})
local REFUSED = 'Attempt to modify a readonly table'

local function refuse() error(REFUSED, 2) end

-- What scripts see in place of any of these metatables.
local sealed = setmetatable({}, {__newindex = refuse, __metatable = false})
original[sealed] = {}

local function protect(table)
    local standin = setmetatable({}, {__index = table, __newindex = refuse, __metatable = sealed})
    original[standin] = table
    return standin
end

local globals = {}
setmetatable(globals, {__index = function(_, name)
    error("Script attempted to access nonexistent global variable '" .. tostring(name) .. "'", 2)
end})

for _, name in ipairs {
    '_VERSION', 'assert', 'collectgarbage', 'error', 'gcinfo', 'getmetatable', 'ipairs', 'rawequal', 'select', 'tonumber',
    'tostring', 'type', 'xpcall',
} do
    globals[name] = raw[name]
end
for _, name in ipairs {'coroutine', 'math', 'string', 'table'} do
    globals[name] = protect(raw[name])
end
for name, library in pairs(natives.libraries) do
    globals[name] = protect(library)
end
globals.redis = protect(natives.redis)

local function copied(table)
    local copy = {}
    for key, value in next, table do copy[key] = value end
    return copy
end

function globals.next(table, key)
    return next(original[table] or table, key)
end

function globals.pairs(table)
    local behind = original[table]
    if behind then return next, copied(behind), nil end
    return pairs(table)
end

function globals.rawget(table, key)
    return rawget(original[table] or table, key)
end

function globals.rawset(table, key, value)
    if original[table] then error(REFUSED, 0) end
    return rawset(table, key, value)
end

function globals.setmetatable(table, metatable)
    if original[table] then error(REFUSED, 0) end
    return setmetatable(table, metatable)
end

-- An error of a command is a table; whoever catches it gets its line.
local function caught(is_fine, ...)
    if is_fine then return true, ... end
    local why = ...
    if type(why) == 'table' then
        local line = why.err
        if type(line) == 'string' or type(line) == 'number' then return false, line end
    end
    return false, why
end

function globals.pcall(...)
    return caught(pcall(...))
end

-- Lua's own counts with 32 bits and can be made to write beyond its stack.
local unpack, floor, tonumber = unpack, math.floor, tonumber
function globals.unpack(table, from, to)
    if from == nil and to == nil then return unpack(table) end
    local first, last = tonumber(from or 1), tonumber(to or #table)
    if first and last and not (floor(last) - floor(first) < 7999) then
        error('too many results to unpack', 2)
    end
    return unpack(table, first, last)
end

globals.loadstring = natives.loadstring
function globals.load(chunk, name)
    local parts = {}
    while true do
        local part = chunk()
        if part == nil or part == '' then break end
        parts[#parts + 1] = part
    end
    return natives.loadstring(raw.table.concat(parts), name or '=(load)')
end

-- Strings' methods can be called but not changed.
getmetatable('').__metatable = sealed

local environment = setmetatable({}, {__index = globals, __newindex = refuse, __metatable = sealed})
original[environment] = globals
globals._G = environment

-- Where an error came from: the innermost function that a client wrote.
local function handler(why)
    if type(why) ~= 'table' then why = {err = 'ERR ' .. tostring(why)} end
    local level = 2
    while true do
        local info = getinfo(level, 'Sl')
        if not info then break end
        if info.what ~= 'C' and sub(info.source, 1, 6) == '@user_' then
            why.source, why.line = info.source, info.currentline
            break
        end
        level = level + 1
    end
    return why
end

-- While a library is loaded it sees little, and may register functions.
local own = {redis = globals.redis, math = globals.math}
local registering = protect(setmetatable(natives.loading, getmetatable(globals)))
local function loading(is_on)
    globals.redis = is_on and registering or own.redis
    globals.math = not is_on and own.math or nil
    globals.KEYS, globals.ARGV = nil, nil
end

return environment, globals, handler, loading
