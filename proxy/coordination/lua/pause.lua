-- The provider refuses calls of these scopes for a time. ARGV after the call, which is of no meaning here: how long.

local pause = tonumber(ARGV[3])
for _, one in ipairs(budgets(3)) do
  if now + pause > one.paused_until then
    redis.call('HSET', one.facts, 'paused_until', text(now + pause))
    local left = redis.call('PTTL', one.facts)
    redis.call('PEXPIRE', one.facts, text(math.max(math.ceil(pause / 1000) + 1000, left)))
  end
end
return { number }
