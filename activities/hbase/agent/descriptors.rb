module TemporalHBase
  # Table descriptors: immutable with builders from 2.0 on, mutable on 1.x.
  module Descriptors
    def self.of(admin)
      admin.respond_to?(:getDescriptor) ? Modern : Classic
    end

    FOREVER_SECONDS = 2_147_483_647

    # For reading files in this process: no cell expires, and no coprocessor of the table is looked for.
    def self.without_ttl(descriptor)
      lasting = descriptor.getColumnFamilies.inject({}) { |map, f| map.update(f.getNameAsString => FOREVER_SECONDS) }
      modern = descriptor.respond_to?(:getCoprocessorDescriptors)
      (modern ? Modern : Classic).without_coprocessors(descriptor, 'ttlSeconds' => lasting)
    end

    def self.bytes(text)
      HBUtil::Bytes.toBytes(text)
    end

    # The stored attributes of a table or family, those set by CONFIGURATION among them.
    def self.attributes(descriptor)
      found = {}
      descriptor.getValues.each do |key, value|
        found[HBUtil::Bytes.toString(key.copyBytes)] = HBUtil::Bytes.toString(value.copyBytes)
      end
      descriptor.getConfiguration.each { |key, value| found[key] = value } if descriptor.respond_to?(:getConfiguration)
      found
    end

    def self.coprocessors(descriptor)
      return descriptor.getCoprocessors.to_a unless descriptor.respond_to?(:getCoprocessorDescriptors)
      descriptor.getCoprocessorDescriptors.map { |c| c.getClassName }
    end

    def self.family(family)
      {
        'name' => family.getNameAsString, 'scope' => family.getScope,
        'maxVersions' => family.getMaxVersions, 'minVersions' => family.getMinVersions,
        'ttlSeconds' => family.getTimeToLive, 'keepDeletedCells' => family.getKeepDeletedCells.to_s,
        'compression' => family.getCompressionType.getName, 'dataBlockEncoding' => family.getDataBlockEncoding.to_s,
        'bloomFilter' => family.getBloomFilterType.to_s,
        'mob' => family.respond_to?(:isMobEnabled) ? family.isMobEnabled : false,
        'encryption' => family.getEncryptionType, 'attributes' => attributes(family)
      }
    end

    module Modern
      def self.read(admin, table)
        admin.getDescriptor(table)
      end

      def self.create(table, families, attributes)
        builder = HBClient::TableDescriptorBuilder.newBuilder(table)
        families.each { |spec| builder.setColumnFamily(create_family(spec)) }
        attributes.each { |key, value| builder.setValue(key, value) }
        builder.build
      end

      def self.create_family(spec)
        builder = HBClient::ColumnFamilyDescriptorBuilder.newBuilder(Descriptors.bytes(spec['name']))
        (spec['attributes'] || {}).each do |key, value|
          key.include?('.') ? builder.setConfiguration(key, value) : builder.setValue(key, value)
        end
        builder.setScope(spec['scope']) if spec['scope']
        builder.setMaxVersions(spec['maxVersions']) if spec['maxVersions']
        builder.setTimeToLive(spec['ttlSeconds']) if spec['ttlSeconds']
        builder.build
      end

      def self.changed(descriptor, change)
        builder = HBClient::TableDescriptorBuilder.newBuilder(descriptor)
        builder.setReadOnly(change['readOnly']) unless change['readOnly'].nil?
        (change['scopes'] || {}).each do |name, scope|
          family = HBClient::ColumnFamilyDescriptorBuilder.newBuilder(Tables.family_of(descriptor, name))
          builder.modifyColumnFamily(family.setScope(scope).build)
        end
        change_ttl(builder, change['ttlSeconds'] || {})
        (change['attributes'] || {}).each do |key, value|
          value.nil? ? builder.removeValue(Descriptors.bytes(key)) : builder.setValue(key, value)
        end
        builder.build
      end

      # On what the builder has by now: a family's scope may have changed just before.
      def self.change_ttl(builder, seconds)
        seconds.each do |name, ttl|
          family = HBClient::ColumnFamilyDescriptorBuilder.newBuilder(Tables.family_of(builder.build, name))
          builder.modifyColumnFamily(family.setTimeToLive(ttl).build)
        end
      end

      def self.without_coprocessors(descriptor, change)
        builder = HBClient::TableDescriptorBuilder.newBuilder(changed(descriptor, change))
        Descriptors.coprocessors(descriptor).each { |name| builder.removeCoprocessor(name) }
        builder.build
      end

      # Returns when the master's procedure has reopened every region.
      def self.modify(admin, _table, descriptor)
        admin.modifyTable(descriptor)
      end
    end

    module Classic
      POLL_SECONDS = 0.05
      LIMIT_MS = 600_000

      def self.read(admin, table)
        admin.getTableDescriptor(table)
      end

      def self.create(table, families, attributes)
        descriptor = HB::HTableDescriptor.new(table)
        families.each { |spec| descriptor.addFamily(create_family(spec)) }
        attributes.each { |key, value| change_attribute(descriptor, key, value) }
        descriptor
      end

      def self.create_family(spec)
        family = HB::HColumnDescriptor.new(spec['name'])
        (spec['attributes'] || {}).each do |key, value|
          key.include?('.') ? family.setConfiguration(key, value) : family.setValue(key, value)
        end
        family.setScope(spec['scope']) if spec['scope']
        family.setMaxVersions(spec['maxVersions']) if spec['maxVersions']
        family.setTimeToLive(spec['ttlSeconds']) if spec['ttlSeconds']
        family
      end

      def self.changed(descriptor, change)
        copy = HB::HTableDescriptor.new(descriptor)
        copy.setReadOnly(change['readOnly']) unless change['readOnly'].nil?
        (change['scopes'] || {}).each { |name, scope| Tables.family_of(copy, name).setScope(scope) }
        (change['ttlSeconds'] || {}).each { |name, ttl| Tables.family_of(copy, name).setTimeToLive(ttl) }
        (change['attributes'] || {}).each { |key, value| change_attribute(copy, key, value) }
        copy
      end

      def self.without_coprocessors(descriptor, change)
        copy = changed(descriptor, change)
        Descriptors.coprocessors(descriptor).each { |name| copy.removeCoprocessor(name) }
        copy
      end

      # 1.x keeps settings (dotted keys, read by the stores) apart from its own attributes (upper case).
      def self.change_attribute(copy, key, value)
        if key.include?('.')
          value.nil? ? copy.removeConfiguration(key) : copy.setConfiguration(key, value)
        else
          value.nil? ? copy.remove(key) : copy.setValue(key, value)
        end
      end

      # The call only starts the change; `getAlterStatus` counts the regions that still have to reopen.
      def self.modify(admin, table, descriptor)
        admin.modifyTable(table, descriptor)
        deadline = TemporalHBase.monotonic_ms + LIMIT_MS
        until admin.getAlterStatus(table).getFirst == 0
          if TemporalHBase.monotonic_ms > deadline
            raise Refusal.new('timeout', "regions of #{table} have not reopened after #{LIMIT_MS / 60_000} minutes")
          end
          sleep POLL_SECONDS
        end
      end
    end
  end
end
