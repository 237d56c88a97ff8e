-- A call was never sent, or is waited for no longer.

for _, one in ipairs(budgets(2)) do
  redis.call('ZREM', one.calls, call)
  leave_queue(one)
end
return { number }
